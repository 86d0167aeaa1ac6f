using System.Collections.Immutable;
using System.Globalization;

namespace MailDepot.Connectors.Pop3.Protocol;

/// <summary>The answer to CAPA (RFC 2449), a line each; empty where the server has no CAPA.</summary>
internal sealed record Pop3Capabilities(ImmutableArray<string> Lines)
{
    /// <summary>Of a server that told none.</summary>
    public static Pop3Capabilities None { get; } = new([]);

    /// <summary>STLS (RFC 2595 §4).</summary>
    public bool StartTls => Has("STLS");

    /// <summary>USER and PASS.</summary>
    public bool User => Has("USER");

    /// <summary>Mails have names that last (RFC 1939 §7).</summary>
    public bool Uidl => Has("UIDL");

    /// <summary>Commands may be sent before the answers to earlier ones (RFC 2449 §6.6).</summary>
    public bool Pipelining => Has("PIPELINING");

    /// <summary>The names of SASL mechanisms (RFC 5034 §3).</summary>
    public ImmutableArray<string> Mechanisms => [.. Words("SASL").Skip(1)];

    /// <summary>The server wants time between two logins (RFC 2449 §6.5): sessions should be few.</summary>
    public bool LoginDelay => Words("LOGIN-DELAY") is [_, var seconds, ..] && int.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var delay) && delay > 0;

    private bool Has(string word) => Words(word).Length > 0;

    private string[] Words(string word) =>
        Lines.Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).FirstOrDefault(words => words.Length > 0 && words[0].Equals(word, StringComparison.OrdinalIgnoreCase)) ?? [];
}
