using Azure;
using Azure.Core.Pipeline;
using MailDepot.Events;
using MailDepot.Host.Serving;
using MailDepot.Host.Smtp;
using MailDepot.Mail;
using MailDepot.Smtp;
using MailDepot.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using static MailDepot.Testing.SmtpStage;

namespace MailDepot.Tests.Connectors.Receiving;

/// <summary>Row 30: where storage has no room for more the client is told so, keeps the mail, and the session goes on.</summary>
public sealed class StorageFullTests(AzuriteFixture azurite)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("DATA\r\ntext\r\n.\r\n", "354")]
    [InlineData("BDAT 6 LAST\r\ntext\r\n")]
    public async Task The_client_gets_452_and_the_next_mail_works(string mail, params string[] before)
    {
        var stage = new SmtpStage
        {
            OnMail = (number, _, octets, cancel) => number == 0 ? throw new StorageFullException(new IOException()) : octets.CopyToAsync(Stream.Null, cancel),
        };
        (await stage.PlayAsync(Ehlo + Envelope + mail + Envelope + mail)).AssertReplies(
            ["250", "250 2.1.0", "250 2.1.5", .. before, "452 4.3.1", "250 2.1.0", "250 2.1.5", .. before, "250 2.0.0"]);
    }

    [Theory]
    [InlineData(typeof(TaskCanceledException), true)]
    [InlineData(typeof(InvalidOperationException), true)] // as an identity's that gets no token
    [InlineData(typeof(PeerTimeoutException), false)]
    [InlineData(typeof(MemoryBudgetExceededException), false)]
    public async Task Whatever_storing_fails_of_is_told_with_its_reason_but_not_what_the_client_caused(Type failure, bool told)
    {
        var cause = failure == typeof(TaskCanceledException) || failure == typeof(InvalidOperationException)
            ? (Exception)Activator.CreateInstance(failure, "No answer in 10 s.")!
            : (Exception)Activator.CreateInstance(failure)!;
        var parts = new ServiceCollection().AddLogging().AddSingleton(Shutdown.AtADesk);
        parts.AddReaders(new ConfigurationBuilder().AddInMemoryCollection([new("MailDepot:WorkStorage", await azurite.NextAccountAsync())]).Build()).AddConnectors().AddArchiver();
        await parts.AddSmtpEndpointAsync(certificate: null, Token);
        await using var services = parts.BuildServiceProvider();
        var sentences = new List<string>();
        services.GetRequiredService<DepotEvents>().Written += (_, e) => sentences.Add(e.Text);
        var source = new SmtpSource(Peer, "client.example", "", [.. Enumerable.Range(0, 40).Select(number => $"{number}-{new string('r', 60)}@depot.example")]);

        await using var mail = new FailingStream(cause);
        Assert.Same(cause, await Record.ExceptionAsync(() => services.GetRequiredService<SmtpEndpoint>().Accept(source, mail, Token)));
        Assert.Equal(told ? 1 : 0, sentences.Count);
        Assert.All(sentences, sentence => Assert.EndsWith(" and 38 more by SMTP from 192.0.2.7 was answered 451: No answer in 10 s. The client sends it again.", sentence, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(507, "InsufficientStorage", true)]
    [InlineData(403, "AccountQuotaExceeded", true)]
    [InlineData(503, "ServerBusy", false)]
    public async Task Storage_says_by_its_answer_whether_it_is_full(int status, string code, bool full)
    {
        var fault = new FaultAt { On = uri => uri.AbsolutePath.EndsWith("/messages", StringComparison.Ordinal), Answer = () => new RequestFailedException(status, "No.", code, innerException: null) };
        var parts = new ServiceCollection().AddLogging().AddSingleton<HttpPipelinePolicy>(fault).AddSingleton(Shutdown.AtADesk);
        parts.AddReaders(new ConfigurationBuilder().AddInMemoryCollection([new("MailDepot:WorkStorage", await azurite.NextAccountAsync())]).Build()).AddConnectors().AddArchiver();
        await parts.AddSmtpEndpointAsync(certificate: null, Token);
        await using var services = parts.BuildServiceProvider();
        await services.GetRequiredService<DepotStorage>().CreateAsync(["default"], Token);
        var told = new List<string>();
        services.GetRequiredService<DepotEvents>().Written += (_, e) => told.Add(e.Text);
        fault.Reset(1, afterIt: false);

        var failure = await Record.ExceptionAsync(() => services.GetRequiredService<SmtpEndpoint>().Accept(TestDepot.To("a@example.com"), new MemoryStream(A.Mail().Bytes()), Token));
        Assert.Equal(full, failure is StorageFullException);
        Assert.Contains(full ? "was answered 452, storage is full: " : "was answered 451: ", Assert.Single(told), StringComparison.Ordinal);
    }

    private sealed class FailingStream(Exception failure) : ForwardOnlyStream
    {
        public override long Position
        {
            get => 0;
            set => throw new NotSupportedException();
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw failure;
    }
}
