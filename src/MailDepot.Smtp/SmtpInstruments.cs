using System.Diagnostics.Metrics;

namespace MailDepot.Smtp;

/// <summary>What the endpoint measures, under the meter name <c>MailDepot</c>, which the rest of MailDepot has as well.</summary>
public static class SmtpInstruments
{
    private static readonly Meter Meter = new("MailDepot");

    /// <summary>Connections of SMTP clients that ended; health probes are not among them.</summary>
    public static readonly Counter<long> Sessions = Meter.CreateCounter<long>("maildepot.smtp.sessions", "{session}", "SMTP sessions, by TLS version");

    /// <summary>What clients were answered where mail is taken or refused.</summary>
    public static readonly Counter<long> Replies =
        Meter.CreateCounter<long>("maildepot.smtp.replies", "{reply}", "Replies to RCPT, DATA and BDAT, and those in place of a greeting, by code");

    /// <summary>From MAIL to the reply to the mail.</summary>
    public static readonly Histogram<double> TransactionDuration =
        Meter.CreateHistogram<double>("maildepot.smtp.transaction.duration", "s", "Time of an SMTP transaction");
}
