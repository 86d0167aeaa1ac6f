using MailDepot.Mail;

namespace MailDepot.Tests.Mail;

/// <summary>What Exchange sends in place of a mail is distinguished from mails about it by several marks together.</summary>
public sealed class SubstituteTests
{
    /// <summary>Made up: nobody has reported one in German yet.</summary>
    private const string German =
        """
        MIME-Version: 1.0
        Content-Type: text/plain; charset="utf-8"
        From: Microsoft Exchange Server 2016
        To: Anna Lind <anna@example.com>
        Subject: Fehler beim Abrufen der folgenden Nachricht mit dem POP3-Protokoll: 31
        Content-Transfer-Encoding: quoted-printable

        Die folgende Nachricht konnte vom Server nicht abgerufen werden:

        Betreff: "Absage: Angebot"
        Von: "Ben Berg"
        Gesendet am: 20.12.2013 11:12:26

        Die Nachricht wurde nicht gel=C3=B6scht. M=C3=B6glicherweise k=C3=B6nnen Sie sie in Outlook =
        oder Outlook Web App anzeigen.

        """;

    /// <summary>The same in Japanese: "Retrieval of the next message by the POP3 protocol failed: 31".</summary>
    private const string Japanese =
        """
        MIME-Version: 1.0
        Content-Type: text/plain; charset="utf-8"
        From: "Microsoft Exchange Server" <>
        To: Anna Lind <anna@example.com>
        Subject: =?utf-8?B?UE9QMyDjg5fjg63jg4jjgrPjg6vjgavjgojjgovmrKHjga7jg6Hjg4Pjgrs=?=
         =?utf-8?B?44O844K444Gu5Y+W5b6X44Gr5aSx5pWX44GX44G+44GX44Gf77yaMzE=?=
        Content-Transfer-Encoding: base64

        5qyh44Gu44Oh44OD44K744O844K444Gv5Y+W5b6X44Gn44GN44G+44Gb44KT44Gn44GX44Gf44CCT3V0bG9vayDjgafooajnpLrjgafjgY3jgb7jgZnjgII=

        """;

    /// <summary>A person's copy of it, without what programs add: only its text differs.</summary>
    private static readonly string OfAPerson = SubstituteDraft.Reported.Replace(
        "Microsoft Exchange Server 2010", "Anna Lind <anna@example.com>", StringComparison.Ordinal);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", "")]
    [InlineData("POP3", "IMAP4")]
    [InlineData("couldn't", "could not")]
    [InlineData("hasn't been", "has not been")]
    [InlineData("Outlook Web App", "Outlook Web Access")]
    [InlineData("either =\nOutlook or Outlook Web App", "Outlook or Outlook on the web")]
    [InlineData("couldn't", "couldn=E2=80=99t", "us-ascii", "utf-8", "hasn't", "hasn=E2=80=99t")]
    [InlineData("From: Microsoft Exchange Server 2010", "From: \"Microsoft Exchange Server\" <>")]
    [InlineData("From: Microsoft Exchange Server 2010", "From: Mail System <postmaster@example.com>")]
    [InlineData("MIME-Version: 1.0", "Date: Fri, 20 Dec 2013 11:12:26 +0000\nMessage-ID: <1@example.com>")]
    [InlineData("Subject: \"Canceled: Offer\"\nFrom: \"Ben Berg\" (\"Sales\")\nSent date: 12/20/2013 11:12:26 AM\n", "")]
    public async Task It_is_recognized_in_every_reported_wording(params string[] changes) =>
        Assert.True(await IsAsync(Changed(changes)));

    [Theory]
    [InlineData("MIME-Version: 1.0", "Received: from mx.example.com by mail.example.com; Fri, 20 Dec 2013 11:12:26 +0000")]
    [InlineData("MIME-Version: 1.0", "In-Reply-To: <1@example.com>")]
    [InlineData("Subject: Retrieval", "Subject: Fw: Retrieval")]
    [InlineData("message: 20004", "message: 20004 again?")]
    [InlineData("following\n message: 20004", "following message")]
    [InlineData("The server couldn't", "Ben, what is this?\n\nThe server couldn't")]
    [InlineData("The server couldn't", "> The server couldn't")]
    [InlineData("The message hasn't been deleted.", "Can we delete it?")]
    [InlineData("either =\nOutlook or Outlook Web App", "the telephone")]
    [InlineData("The server couldn't", "We know that the server couldn't")]
    [InlineData("MIME-Version: 1.0", "Message-ID: <1@example.com>")]
    public async Task A_person_s_mail_about_it_is_an_ordinary_mail(params string[] changes) =>
        Assert.False(await IsAsync(Changed(changes, OfAPerson)));

    [Theory]
    [InlineData(German)]
    [InlineData(Japanese)]
    [InlineData(German, "POP3-Protokoll", "IMAP4-Protokoll")]
    [InlineData(German, "POP3-Protokoll: 31", "POP3-Protokoll: 31.")]
    [InlineData(German, "From: Microsoft Exchange Server 2016", "From: Microsoft Exchange <microsoft@unknown>")]
    public async Task In_another_language_it_is_recognized_by_marks_that_need_no_words(string text, params string[] changes) =>
        Assert.True(await IsAsync(Changed(changes, text)));

    [Theory]
    [InlineData("MIME-Version: 1.0", "Received: from mx.example.com by mail.example.com; Fri, 20 Dec 2013 11:12:26 +0000")]
    [InlineData("MIME-Version: 1.0", "Message-ID: <1@example.com>")]
    [InlineData("MIME-Version: 1.0", "Date: Fri, 20 Dec 2013 11:12:26 +0000")]
    [InlineData("MIME-Version: 1.0", "Date: gestern")]
    [InlineData("From: Microsoft Exchange Server 2016", "From: Microsoft Exchange <exchange@example.com>")]
    [InlineData("From: Microsoft Exchange Server 2016", "From: Microsoft Exchange Server 2016, Anna Lind <anna@example.com>")]
    [InlineData("From: Microsoft Exchange Server 2016", "From: Anna Lind")]
    [InlineData("From: Microsoft Exchange Server 2016\n", "")]
    [InlineData("POP3-Protokoll: 31", "Protokoll: 31")]
    [InlineData("POP3-Protokoll: 31", "Protokoll POP3")]
    [InlineData("POP3-Protokoll: 31", "POP3-Protokoll: 31 Mails")]
    [InlineData("Outlook", "Webmail")]
    [InlineData("Content-Type: text/plain", "Content-Disposition: attachment; filename=a.txt\nContent-Type: text/plain")]
    public async Task In_another_language_a_mail_that_lacks_one_mark_is_an_ordinary_mail(params string[] changes) =>
        Assert.False(await IsAsync(Changed(changes, German)));

    [Fact]
    public async Task Neither_its_sender_nor_its_subject_nor_its_text_is_enough()
    {
        var text = SubstituteDraft.Reported[(SubstituteDraft.Reported.IndexOf("\n\n", StringComparison.Ordinal) + 2)..];
        const string Subject = "Retrieval using the POP3 protocol failed for the following message: 20004";
        Assert.False(await IsAsync(A.Mail().MessageId(null).From("Microsoft Exchange Server 2010").Bytes()));
        Assert.False(await IsAsync(A.Mail().MessageId(null).Subject(Subject).Bytes()));
        Assert.False(await IsAsync(A.Mail().MessageId(null).Text(text).Bytes()));
    }

    [Fact]
    public async Task A_forwarded_one_or_one_with_a_file_is_an_ordinary_mail()
    {
        Assert.False(
            await IsAsync(
                A.Mail().MessageId(null).Subject("Retrieval using the POP3 protocol failed for the following message: 1")
                    .Attached(SubstituteDraft.Bytes(SubstituteDraft.Reported)).Bytes()));
        var file = SubstituteDraft.Reported.Replace(
            "Content-Type: text/plain; charset=\"us-ascii\"", "Content-Type: multipart/mixed; boundary=b", StringComparison.Ordinal)
            .Replace("Content-Transfer-Encoding: quoted-printable\n\n", "\n--b\n\n", StringComparison.Ordinal)
            .Replace("=\n", "", StringComparison.Ordinal);
        Assert.True(await IsAsync(SubstituteDraft.Bytes(file + "--b--\n"))); // the same words, without the file
        Assert.False(
            await IsAsync(
                SubstituteDraft.Bytes(
                    file + "--b\nContent-Type: image/png\nContent-Disposition: attachment; filename=screen.png\n\nx\n--b--\n")));
    }

    [Fact]
    public async Task One_followed_by_more_text_is_an_ordinary_mail() =>
        Assert.False(
            await IsAsync(
                SubstituteDraft.Bytes(
                    OfAPerson + string.Concat(Enumerable.Repeat("Does anybody know what this means for us? ", 20)) + "\n")));

    [Theory]
    [InlineData("")]
    [InlineData("no mail at all")]
    [InlineData(": \n\n")]
    public async Task Anything_but_a_mail_is_not_a_substitute(string text) => Assert.False(await IsAsync(SubstituteDraft.Bytes(text)));

    /// <summary>With CRLF, as on the wire.</summary>
    private static byte[] Changed(string[] changes, string mail = SubstituteDraft.Reported)
    {
        var text = mail.ReplaceLineEndings("\n");
        foreach (var change in changes.Chunk(2))
        {
            Assert.Contains(change[0], text, StringComparison.Ordinal);
            text = change[0].Length == 0 ? text : text.Replace(change[0], change[1], StringComparison.Ordinal);
        }

        return SubstituteDraft.Bytes(text);
    }

    private static Task<bool> IsAsync(byte[] mail) => Substitute.IsAsync(mail, Token);
}
