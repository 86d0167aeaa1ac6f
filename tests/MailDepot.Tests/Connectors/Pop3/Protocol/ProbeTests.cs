using MailDepot.Tests.Connectors.Pop3.Visit;
using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Pop3.Protocol;

namespace MailDepot.Tests.Connectors.Pop3.Protocol;

public sealed class ProbeTests(DovecotFixture dovecot) : IClassFixture<DovecotFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_test_shows_the_connection_and_the_waiting_mail_and_changes_nothing()
    {
        var mailbox = dovecot.NextMailbox();
        var mails = CollectTests.SomeMails(3);
        mailbox.Put(mails);
        var found = await Pop3Probe.RunAsync(Options(mailbox, MailboxSecurity.Tls), DovecotMailbox.Password, TimeProvider.System, Token);
        Assert.Equal(
            (MailboxSecurity.Tls, "TLS 1.3", "CN=localhost", 3), (found.Security, found.TlsVersion, found.CertificateSubject, found.Mails));
        Assert.Null(found.Failure);
        Assert.True(found.CertificateExpires > TimeProvider.System.GetUtcNow());
        Assert.Equal(mails.Sum(mail => mail.Length), found.Bytes);
        Assert.Contains("PIPELINING", found.Capabilities);
        Assert.Equal(3, mailbox.Mails.Length);
    }

    [Fact]
    public async Task A_failed_test_reports_what_a_poll_would_report()
    {
        var found = await Pop3Probe.RunAsync(Options(dovecot.NextMailbox(), MailboxSecurity.None), "wrong", TimeProvider.System, Token);
        Assert.Equal((Pop3FailureKind.Login, "[AUTH] Authentication failed."), (found.Failure!.Kind, found.Failure.ServerReply));
    }

    private static MailboxOptions Options(DovecotMailbox mailbox, MailboxSecurity security) => new()
    {
        Name = DovecotMailbox.Name,
        Host = "localhost",
        Port = security is MailboxSecurity.Tls ? mailbox.Dovecot.Port + 1 : mailbox.Dovecot.Port,
        Security = security,
        Certificate = security is MailboxSecurity.None ? "" : mailbox.Dovecot.Certificate,
        User = mailbox.User,
        PasswordSetting = "Passwords:office",
    };
}
