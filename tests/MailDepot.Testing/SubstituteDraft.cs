using System.Text;

namespace MailDepot.Testing;

/// <summary>What Exchange hands out by POP3 in place of a mail that it can't convert.</summary>
public static class SubstituteDraft
{
    /// <summary>As reported in OfflineIMAP/offlineimap#62, with other people.</summary>
    public const string Reported =
        """
        MIME-Version: 1.0
        Content-Type: text/plain; charset="us-ascii"
        From: Microsoft Exchange Server 2010
        To: Anna Lind <anna@example.com>
        Subject: Retrieval using the POP3 protocol failed for the following
         message: 20004
        Content-Transfer-Encoding: quoted-printable

        The server couldn't retrieve the following message:

        Subject: "Canceled: Offer"
        From: "Ben Berg" ("Sales")
        Sent date: 12/20/2013 11:12:26 AM

        The message hasn't been deleted. You might be able to view it using either =
        Outlook or Outlook Web App. You can also contact the sender to find out what=
         the message says.

        """;

    /// <summary>The bytes of such a text, with line ends as on the wire.</summary>
    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text.ReplaceLineEndings("\r\n"));
}
