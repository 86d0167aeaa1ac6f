using System.Text;
using MailDepot.Tests.Connectors.Pop3.Visit;
using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Pop3.Protocol;

namespace MailDepot.Tests.Connectors.Pop3.Protocol;

/// <summary>A login by each method of a real Dovecot. <see cref="LoginTests"/> checks what each one sends.</summary>
public sealed class DovecotLoginTests(DovecotFixture dovecot) : IClassFixture<DovecotFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(MailboxAuthentication.User, "PASS ", "PLAIN")]
    [InlineData(MailboxAuthentication.Apop, "APOP ", "APOP")]
    [InlineData(MailboxAuthentication.Plain, "AUTH PLAIN ", "PLAIN")]
    [InlineData(MailboxAuthentication.Auto, "AUTH PLAIN ", "PLAIN")]
    public async Task Each_login_method_works_and_the_chosen_one_is_used(MailboxAuthentication way, string command, string logged)
    {
        var mailbox = dovecot.NextMailbox();
        mailbox.Put(CollectTests.SomeMails(2));
        var found = await ProbeAsync(mailbox, way, DovecotMailbox.Password, dovecot.Port);
        Assert.Equal((null, 2), (found.Failure, found.Mails));
        await Eventually.IsTrueAsync(() => dovecot.LoginsOf(mailbox.User).Any(), "the server logs the login");
        Assert.Equal([logged], dovecot.LoginsOf(mailbox.User));

        await using var proxy = new CuttingProxy(dovecot.Port) { CutAt = Encoding.ASCII.GetBytes(command) };
        Assert.NotNull((await ProbeAsync(mailbox, way, DovecotMailbox.Password, proxy.Port)).Failure);
        Assert.Equal(1, proxy.Cuts); // the client used this command
    }

    [Theory]
    [InlineData(MailboxAuthentication.User)]
    [InlineData(MailboxAuthentication.Apop)]
    [InlineData(MailboxAuthentication.Plain)]
    public async Task A_wrong_password_is_reported_alike_by_each_method(MailboxAuthentication way)
    {
        var mailbox = dovecot.NextMailbox();
        var found = await ProbeAsync(mailbox, way, "wrong", dovecot.Port);
        Assert.Equal((Pop3FailureKind.Login, "[AUTH] Authentication failed."), (found.Failure!.Kind, found.Failure.ServerReply));
        Assert.Empty(dovecot.LoginsOf(mailbox.User));
    }

    private static Task<Pop3ProbeResult> ProbeAsync(DovecotMailbox mailbox, MailboxAuthentication way, string password, int port) =>
        Pop3Probe.RunAsync(
        new()
        {
            Name = DovecotMailbox.Name,
            Host = "localhost",
            Port = port,
            Security = MailboxSecurity.None,
            User = mailbox.User,
            PasswordSetting = "Passwords:office",
            Authentication = way,
        },
        password, TimeProvider.System, Token);
}
