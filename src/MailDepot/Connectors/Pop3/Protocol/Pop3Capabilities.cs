using System.Collections.Immutable;
using System.Globalization;

namespace MailDepot.Connectors.Pop3.Protocol;

/// <summary>The reply to CAPA (RFC 2449); empty if the server has no CAPA.</summary>
internal sealed record Pop3Capabilities(ImmutableArray<string> Lines)
{
    /// <summary>No capabilities announced.</summary>
    public static Pop3Capabilities None { get; } = new([]);

    /// <summary>STLS (RFC 2595 §4).</summary>
    public bool StartTls => Has("STLS");

    /// <summary>USER and PASS.</summary>
    public bool User => Has("USER");

    /// <summary>UIDL: names of mails that stay the same across sessions (RFC 1939 §7).</summary>
    public bool Uidl => Has("UIDL");

    /// <summary>Commands may be sent before earlier ones are answered (RFC 2449 §6.6).</summary>
    public bool Pipelining => Has("PIPELINING");

    /// <summary>SASL mechanisms (RFC 5034 §3).</summary>
    public ImmutableArray<string> Mechanisms => [.. Find("SASL").Skip(1)];

    /// <summary>The server requires a delay between two logins (RFC 2449 §6.5), so sessions should be few.</summary>
    public bool LoginDelay =>
        Find("LOGIN-DELAY") is [_, var seconds, ..]
        && int.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var delay) && delay > 0;

    private bool Has(string name) => Find(name).Length > 0;

    /// <summary>The capability's name and arguments; empty if it is not announced.</summary>
    private string[] Find(string name) =>
        Lines.Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .FirstOrDefault(parts => parts.Length > 0 && parts[0].Equals(name, StringComparison.OrdinalIgnoreCase)) ?? [];
}
