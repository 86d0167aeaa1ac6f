namespace MailDepot.Testing;

/// <summary>Where test mail begins: <c>A.JournalReport().Sender("anna@example.com").Bcc("…").Around(A.Mail()…).Bytes()</c>.</summary>
public static class A
{
    /// <summary>A mail from Anna to Ben, with all that a mail needs.</summary>
    public static MailDraft Mail() => new();

    /// <summary>A journal report as Exchange Online sends it, with nothing in its envelope and nothing attached yet.</summary>
    public static ReportDraft JournalReport() => new();

    /// <summary>A notification that a mail was not delivered (RFC 6522), as Exchange writes it, around what is attached.</summary>
    /// <param name="attached">The mail that was not delivered.</param>
    /// <param name="type">The part's Content-Type.</param>
    /// <param name="encoding">The part's transfer encoding; empty for none.</param>
    public static byte[] Bounce(byte[] attached, string type = "message/rfc822", string encoding = "")
    {
        var writer = new MailWriter("\r\n");
        writer.Line("From: MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@example.com").Line("To: ndr@example.com")
            .Line("Subject: Undeliverable: Offer");
        writer.Line("Message-ID: <bounce-1@example.com>").Line("MIME-Version: 1.0")
            .Line("Content-Type: multipart/report; report-type=delivery-status; boundary=_bounce_").Line();
        writer.Line("--_bounce_").Line("Content-Type: multipart/alternative; boundary=_words_").Line();
        writer.Line("--_words_").Line("Content-Type: text/plain").Line().Line("To: nobody, for this is no envelope").Line("--_words_--")
            .Line();
        writer.Line("--_bounce_").Line("Content-Type: message/delivery-status").Line().Line("Final-Recipient: rfc822;journal@example.net")
            .Line("Status: 5.4.1").Line();
        writer.Line("--_bounce_").Line($"Content-Type: {type}");
        if (encoding.Length > 0)
        {
            writer.Line($"Content-Transfer-Encoding: {encoding}");
        }

        return writer.Line().Encoded(attached, encoding).Line().Line("--_bounce_--").ToArray();
    }
}
