using System.Text;
using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Pop3.Protocol;

namespace MailDepot.Tests.Connectors.Pop3;

/// <summary>A login by each way that a real Dovecot has; what goes over in each is held by <see cref="LoginTests"/>.</summary>
public sealed class DovecotLoginTests(DovecotFixture dovecot) : IClassFixture<DovecotFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(MailboxAuthentication.User, "PASS ", "PLAIN")]
    [InlineData(MailboxAuthentication.Apop, "APOP ", "APOP")]
    [InlineData(MailboxAuthentication.Plain, "AUTH PLAIN ", "PLAIN")]
    [InlineData(MailboxAuthentication.Auto, "AUTH PLAIN ", "PLAIN")]
    public async Task A_mailbox_opens_by_each_way_and_by_the_one_that_was_chosen(MailboxAuthentication way, string command, string logged)
    {
        var mailbox = dovecot.NextMailbox();
        mailbox.Put(CollectTests.SomeMails(2));
        var found = await ProbeAsync(mailbox, way, DovecotMailbox.Password, dovecot.Port);
        Assert.Equal((null, 2), (found.Failure, found.Mails));
        await Eventually.IsTrueAsync(() => dovecot.LoginsOf(mailbox.User).Any(), "the server logs the login");
        Assert.Equal([logged], dovecot.LoginsOf(mailbox.User));

        await using var proxy = new CuttingProxy(dovecot.Port) { CutAt = Encoding.ASCII.GetBytes(command) };
        Assert.NotNull((await ProbeAsync(mailbox, way, DovecotMailbox.Password, proxy.Port)).Failure);
        Assert.Equal(1, proxy.Cuts); // the client came by this command
    }

    [Theory]
    [InlineData(MailboxAuthentication.User)]
    [InlineData(MailboxAuthentication.Apop)]
    [InlineData(MailboxAuthentication.Plain)]
    public async Task A_wrong_password_is_refused_in_the_same_words_by_each_way(MailboxAuthentication way)
    {
        var mailbox = dovecot.NextMailbox();
        var found = await ProbeAsync(mailbox, way, "wrong", dovecot.Port);
        Assert.Equal((Pop3FailureKind.Login, "[AUTH] Authentication failed."), (found.Failure!.Kind, found.Failure.ServerReply));
        Assert.Empty(dovecot.LoginsOf(mailbox.User));
    }

    private static Task<Pop3ProbeResult> ProbeAsync(DovecotMailbox mailbox, MailboxAuthentication way, string password, int port) => Pop3Probe.RunAsync(
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
