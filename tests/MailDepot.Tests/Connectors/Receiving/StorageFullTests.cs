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

/// <summary>Row 30: when storage is full, the reply says so, the client keeps the mail, and the session goes on.</summary>
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
            OnMail = (number, _, text, ct) =>
                number == 0 ? throw new StorageFullException(new IOException()) : text.CopyToAsync(Stream.Null, ct),
        };
        (await stage.PlayAsync(Ehlo + Envelope + mail + Envelope + mail)).AssertReplies(
            ["250", "250 2.1.0", "250 2.1.5", .. before, "452 4.3.1", "250 2.1.0", "250 2.1.5", .. before, "250 2.0.0"]);
    }

    [Theory]
    [InlineData(typeof(TaskCanceledException), true)]
    [InlineData(typeof(InvalidOperationException), true)] // such as an identity that gets no token
    [InlineData(typeof(PeerTimeoutException), false)]
    [InlineData(typeof(MemoryBudgetExceededException), false)]
    public async Task A_failure_to_store_is_logged_with_its_reason_unless_the_client_caused_it(Type failure, bool logged)
    {
        var cause = failure == typeof(TaskCanceledException) || failure == typeof(InvalidOperationException)
            ? (Exception)Activator.CreateInstance(failure, "No answer in 10 s.")!
            : (Exception)Activator.CreateInstance(failure)!;
        await using var services = await ServicesAsync();
        var sentences = new List<string>();
        services.GetRequiredService<DepotEvents>().Written += (_, e) => sentences.Add(e.Text);
        var recipients = Enumerable.Range(0, 40).Select(number => $"{number}-{new string('r', 60)}@depot.example");
        var source = new SmtpSource(Peer, "client.example", "", [.. recipients]);

        await using var mail = new FailingStream(cause);
        Assert.Same(cause, await Record.ExceptionAsync(() => services.GetRequiredService<SmtpEndpoint>().Accept(source, mail, Token)));
        Assert.Equal(logged ? 1 : 0, sentences.Count);
        Assert.All(sentences, sentence => Assert.EndsWith(
            " and 38 more by SMTP from 192.0.2.7 was answered 451: No answer in 10 s. The client sends it again.",
            sentence,
            StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(507, "InsufficientStorage", true)]
    [InlineData(403, "AccountQuotaExceeded", true)]
    [InlineData(503, "ServerBusy", false)]
    public async Task The_answer_of_storage_says_whether_it_is_full(int status, string code, bool full)
    {
        var fault = new FaultAt
        {
            On = uri => uri.AbsolutePath.EndsWith("/messages", StringComparison.Ordinal),
            Answer = () => new RequestFailedException(status, "No.", code, innerException: null),
        };
        await using var services = await ServicesAsync(fault);
        await services.GetRequiredService<DepotStorage>().CreateAsync(["default"], Token);
        var sentences = new List<string>();
        services.GetRequiredService<DepotEvents>().Written += (_, e) => sentences.Add(e.Text);
        fault.Reset(1, afterIt: false);

        var endpoint = services.GetRequiredService<SmtpEndpoint>();
        var failure = await Record.ExceptionAsync(
            () => endpoint.Accept(TestDepot.To("a@example.com"), new MemoryStream(A.Mail().Bytes()), Token));
        Assert.Equal(full, failure is StorageFullException);
        Assert.Contains(
            full ? "was answered 452, storage is full: " : "was answered 451: ", Assert.Single(sentences), StringComparison.Ordinal);
    }

    private async Task<ServiceProvider> ServicesAsync(params HttpPipelinePolicy[] steps)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("MailDepot:WorkStorage", await azurite.NextAccountAsync())])
            .Build();
        var parts = new ServiceCollection().AddLogging().AddSingleton(Shutdown.Interactive);
        parts.AddReaders(configuration).AddConnectors().AddArchiver();
        await parts.AddSmtpEndpointAsync(certificate: null, Token);
        foreach (var step in steps)
        {
            parts.AddSingleton(step);
        }

        return parts.BuildServiceProvider();
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
