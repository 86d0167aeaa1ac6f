using System.Security.Cryptography.X509Certificates;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Trust;

namespace MailDepot.Tests.Connectors.Pop3.Protocol;

/// <summary>The sentences about a server's certificates.</summary>
public sealed class ChainTests : IDisposable
{
    private const string Server = "pop.example.com:995";

    private readonly TestAuthority authority = new();
    private readonly X509Certificate2 shown;

    public ChainTests() => shown = authority.Issue("pop.example.com");

    [Theory]
    [InlineData(X509ChainStatusFlags.Revoked, X509ChainStatusFlags.NoError, Pop3FailureKind.CertificateRevoked)]
    [InlineData(X509ChainStatusFlags.NoError, X509ChainStatusFlags.Revoked, Pop3FailureKind.CertificateRevoked)]
    [InlineData(
        X509ChainStatusFlags.Revoked | X509ChainStatusFlags.NotTimeValid, X509ChainStatusFlags.UntrustedRoot,
        Pop3FailureKind.CertificateRevoked)]
    [InlineData(X509ChainStatusFlags.RevocationStatusUnknown, X509ChainStatusFlags.NoError, Pop3FailureKind.RevocationUnknown)]
    [InlineData(
        X509ChainStatusFlags.NoError, X509ChainStatusFlags.RevocationStatusUnknown | X509ChainStatusFlags.OfflineRevocation,
        Pop3FailureKind.RevocationUnknown)]
    [InlineData(X509ChainStatusFlags.RevocationStatusUnknown, X509ChainStatusFlags.UntrustedRoot, Pop3FailureKind.CertificateUntrusted)]
    [InlineData(X509ChainStatusFlags.RevocationStatusUnknown, X509ChainStatusFlags.NotTimeValid, Pop3FailureKind.CertificateExpired)]
    [InlineData(X509ChainStatusFlags.NotSignatureValid, X509ChainStatusFlags.NoError, Pop3FailureKind.CertificateUntrusted)]
    [InlineData(X509ChainStatusFlags.NoError, X509ChainStatusFlags.PartialChain, Pop3FailureKind.CertificateUntrusted)]
    [InlineData(X509ChainStatusFlags.NoError, X509ChainStatusFlags.NoError, null)]
    public void The_worst_fault_of_a_chain_is_reported(X509ChainStatusFlags own, X509ChainStatusFlags above, Pop3FailureKind? kind)
    {
        var failure = ServerTrust.OfChain(Server, shown, [Link("CN=own", own), Link("CN=above", above)]);
        Assert.Equal(kind, failure?.Kind);
        // a revoked one must not be pinned
        Assert.Equal(
            failure?.Kind is Pop3FailureKind.CertificateUntrusted,
            failure?.WayOut.Contains("or its own SHA-256 in Fingerprint", StringComparison.Ordinal) is true);
    }

    [Fact]
    public void The_sentence_names_the_certificate_that_is_expired_or_revoked()
    {
        var sound = Link("CN=own", X509ChainStatusFlags.NoError);
        var old = Link("CN=Old issuer", X509ChainStatusFlags.NotTimeValid) with { From = new(2020, 1, 2), Until = new(2025, 3, 4) };
        Assert.Equal(
            "The certificate CN=Old issuer in the chain of pop.example.com:995 is valid only from 2020-01-02 to 2025-03-04.",
            ServerTrust.OfChain(Server, shown, [sound, old])!.Sentence);
        Assert.Equal(
            "The certificate of pop.example.com:995 is valid only from 2020-01-02 to 2025-03-04.",
            ServerTrust.OfChain(Server, shown, [old, sound])!.Sentence);
        var revoked = Link("CN=Lost issuer", X509ChainStatusFlags.Revoked);
        Assert.Equal(
            "The certificate CN=Lost issuer in the chain of pop.example.com:995 was revoked by its issuer.",
            ServerTrust.OfChain(Server, shown, [sound, revoked])!.Sentence);
    }

    [Fact]
    public void A_real_chain_whose_revocation_cannot_be_checked_is_reported_as_that()
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.Online; // these certificates name no revocation address
        chain.ChainPolicy.CustomTrustStore.ImportFromPem(authority.RootPem);
        chain.ChainPolicy.ExtraStore.ImportFromPem(authority.IssuerPem);
        Assert.False(chain.Build(shown));
        var failure = ServerTrust.OfChain(Server, shown, ChainLink.Of(chain))!;
        Assert.Equal(
            "Could not check whether the certificate of pop.example.com:995 (CN=pop.example.com, issued "
            + "by CN=Test issuer) was revoked.", failure.Sentence);
        Assert.Equal(Pop3FailureKind.RevocationUnknown, failure.Kind);
    }

    public void Dispose()
    {
        shown.Dispose();
        authority.Dispose();
    }

    private static ChainLink Link(string subject, X509ChainStatusFlags status) => new(subject, new(2026, 1, 1), new(2027, 1, 1), status);
}
