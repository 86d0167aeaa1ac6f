using System.Globalization;

namespace MailDepot.Base;

/// <summary>What goes to Application Insights or another OpenTelemetry collector.</summary>
public sealed class TelemetryOptions
{
    /// <summary>
    /// Share of mails whose path is traced from connector to receipt, 0 to 1. A trace is about 10 KB: at 1, traces cost more
    /// than storing the mails.
    /// </summary>
    public double TraceRatio { get; set; } = 0.01;

    /// <summary>Show our identity to Application Insights, for instances that accept known clients only.</summary>
    public bool Identity { get; set; }

    /// <summary>
    /// Leave e-mail addresses in logs. Otherwise each is written as <c>(address)</c>; <c>maildepot log</c> always shows them.
    /// </summary>
    public bool Addresses { get; set; }

    /// <summary>One sentence for each wrong value, which names its key.</summary>
    public IEnumerable<string> Errors()
    {
        if (TraceRatio is not (>= 0 and <= 1))
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"MailDepot:Telemetry:TraceRatio is {TraceRatio}: give the share of mails that are traced, from 0 to 1.");
        }
    }
}
