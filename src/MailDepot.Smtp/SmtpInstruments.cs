using System.Diagnostics.Metrics;

namespace MailDepot.Smtp;

/// <summary>The endpoint's metrics, under the meter name <c>MailDepot</c>, as all of MailDepot's.</summary>
public static class SmtpInstruments
{
    private static readonly Meter Meter = new("MailDepot");

    /// <summary>Client connections that ended; health probes are not counted.</summary>
    public static readonly Counter<long> Sessions =
        Meter.CreateCounter<long>("maildepot.smtp.sessions", "{session}", "SMTP sessions, by TLS version");

    /// <summary>Replies that accept or refuse mail.</summary>
    public static readonly Counter<long> Replies =
        Meter.CreateCounter<long>(
            "maildepot.smtp.replies", "{reply}", "Replies to RCPT, DATA and BDAT, and those in place of a greeting, by code");

    /// <summary>From MAIL to the reply to the mail.</summary>
    public static readonly Histogram<double> TransactionDuration =
        Meter.CreateHistogram<double>("maildepot.smtp.transaction.duration", "s", "Time of an SMTP transaction");
}
