namespace MailDepot.Journal;

/// <summary>Where in a report a scan is, in the order of a report.</summary>
internal enum ReportPhase
{
    Header,
    Preamble,
    Envelope,
    OtherPart,
    MessageHeader,
    Message,
    Tail,
    Over,
}
