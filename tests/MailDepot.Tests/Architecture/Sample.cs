namespace MailDepot.Tests.Architecture;

/// <summary>Uses types in ways that no <c>using</c> line shows.</summary>
internal sealed class Sample(MimeKit.MimeMessage? message)
{
    private readonly MimeKit.MimeMessage? field = message;

    public static object InABody() => MailDepot.Mail.MailDate.Read(null, null);

    public static List<MimeKit.MailboxAddress> InAList() => [];

    public static async Task<string> InAnAsyncMethodAsync()
    {
        await Task.Yield();
        return MailDepot.Mail.Digest.Of([]).ToString();
    }

    public bool HasField() => field is not null;
}
