using System.Globalization;
using System.Text;
using MailDepot.Host.Smtp;

namespace MailDepot.EndToEnd;

/// <summary>The largest mails and the longest reports, and the memory that the process needs for them.</summary>
/// <remarks>The bounds are generous. The tests print what they measure.</remarks>
public sealed class SizeTests(DovecotFixture dovecot) : IClassFixture<DovecotFixture>
{
    private const int Megabyte = 1_000_000;

    /// <summary>Megabytes resident. No large mail is held whole in memory, whatever its size and source.</summary>
    private const int Bound = 250;

    private static readonly int[] Sizes = [100, 150];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_report_with_5_000_recipients_makes_one_receipt_and_a_participant_for_each()
    {
        const int Recipients = 5_000;
        using var folder = new TemporaryFolder();
        await using var depot = await RunningDepot.StartAsync(folder.Path, await RunningDepot.UsualEnvironmentAsync());
        var idle = depot.PeakBytes;
        var draft = Enumerable.Range(0, Recipients).Aggregate(
            A.JournalReport().Sender("anna@example.com").Subject("To all"),
            (draft, number) => draft.Bcc(Person(number)));
        var report = draft.Around(A.Mail().To(null).Subject("To all")).Bytes();
        await SmtpClient.SendAsync("127.0.0.1", depot.SmtpPort, "", ["journal@depot.example.net"], new MemoryStream(report), Token);
        await using var archived = new Archived(depot.WorkStorage);
        await archived.UntilQueueIsEmptyAsync();
        Say($"{Recipients} recipients in a report", idle, depot.PeakBytes);
        Assert.InRange(depot.PeakBytes, idle, Bound * Megabyte);

        await archived.HoldsExactlyAsync([report]);
        var receipt = Assert.Single(await archived.ReceiptsAsync());
        Assert.Equal(Enumerable.Range(0, Recipients).Select(Person), receipt.Journal!.Recipients.Select(recipient => recipient.Address));
        Assert.Equal(
            Enumerable.Range(0, Recipients).Select(Person).Append("anna@example.com").Order(StringComparer.Ordinal),
            (await archived.ParticipantsAsync(receipt.Id)).Order(StringComparer.Ordinal));
        var list = await depot.AskJsonAsync("list", "--participant", Person(Recipients - 1));
        var last = Assert.Single(list.GetProperty("mails").EnumerateArray());
        Assert.Equal((receipt.Id.ToString("D"), "bcc"), (last.GetProperty("id").GetString(), last.GetProperty("roles").GetString()));
    }

    [Fact]
    public async Task Mails_of_100_and_150_MB_by_SMTP_take_little_memory()
    {
        using var folder = new TemporaryFolder();
        await using var depot = await RunningDepot.StartAsync(folder.Path, await RunningDepot.UsualEnvironmentAsync());
        await AreArchivedAsync(
            depot,
            Bound,
            async mail => await SmtpClient.SendAsync(
                "127.0.0.1", depot.SmtpPort, "", ["b@example.com"], new MemoryStream(mail), Token));
    }

    [Fact]
    public async Task Mails_of_100_and_150_MB_by_POP3_take_little_memory()
    {
        using var folder = new TemporaryFolder();
        var mailbox = dovecot.NextMailbox();
        var environment = await RunningDepot.UsualEnvironmentAsync();
        foreach (var (key, value) in mailbox.Settings().Append(new("MailDepot:Mailboxes:0:Interval", "00:00:10")))
        {
            environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        await using var depot = await RunningDepot.StartAsync(folder.Path, environment);
        await AreArchivedAsync(depot, Bound, async mail =>
        {
            mailbox.Put(mail);
            await Eventually.IsTrueAsync(() => mailbox.Count == 0, "the mailbox is empty");
        });
    }

    /// <summary>One after the other; prints after each the most memory that the process has had so far.</summary>
    private static async Task AreArchivedAsync(RunningDepot depot, int bound, Func<byte[], Task> deliver)
    {
        await using var archived = new Archived(depot.WorkStorage);
        var (idle, mails) = (depot.PeakBytes, new List<byte[]>());
        foreach (var size in Sizes)
        {
            mails.Add(Mail(size));
            await deliver(mails[^1]);
            await archived.UntilQueueIsEmptyAsync();
            Say($"A mail of {size} MB", idle, depot.PeakBytes);
        }

        Assert.InRange(depot.PeakBytes, idle, bound * Megabyte);
        await archived.HoldsExactlyAsync(mails);
    }

    /// <summary>With an attachment that does not compress: nothing repeats within gzip's window of 32 KiB.</summary>
    private static byte[] Mail(int megabytes)
    {
        var noise = new byte[Megabyte / 4 * 3];
        new Random(megabytes).NextBytes(noise);
        var lines = Encoding.ASCII.GetBytes(Convert.ToBase64String(noise, Base64FormattingOptions.InsertLineBreaks) + "\r\n");
        var head = Encoding.ASCII.GetBytes(
            $"From: a@example.com\r\nTo: b@example.com\r\nSubject: {megabytes} MB\r\nMIME-Version: 1.0\r\n"
            + "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n");
        using var mail = new MemoryStream(head.Length + (megabytes * lines.Length));
        mail.Write(head);
        for (var block = 0; block < megabytes; block++)
        {
            mail.Write(lines);
        }

        return mail.ToArray();
    }

    private static string Person(int number) => string.Create(CultureInfo.InvariantCulture, $"person{number:d4}@example.com");

    private static void Say(string what, long idle, long peak) =>
        TestContext.Current.TestOutputHelper?.WriteLine($"{what}: {peak / Megabyte} MB resident at most, {idle / Megabyte} MB before.");
}
