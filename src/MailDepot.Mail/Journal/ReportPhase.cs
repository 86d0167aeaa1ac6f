namespace MailDepot.Journal;

/// <summary>The position of a scan, in the order of a report.</summary>
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
