using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace MailDepot.Mail;

/// <summary>Where a mail came from: part of the ticket and of the receipt.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(SmtpSource), "smtp")]
[JsonDerivedType(typeof(Pop3Source), "pop3")]
public abstract record MailSource
{
    /// <summary>Nothing that it must have is missing, as it can be in JSON of other hands.</summary>
    [JsonIgnore]
    public abstract bool IsWhole { get; }

    /// <summary>The way in, for metrics: <c>smtp</c>.</summary>
    [JsonIgnore]
    public abstract string Connector { get; }

    /// <summary>The source as part of a sentence, with its preposition: <c>from … to … by SMTP</c>.</summary>
    [JsonIgnore]
    public abstract string Description { get; }
}

/// <summary>A mail that a client delivered by SMTP, with its envelope (RFC 5321 §2.3.1).</summary>
/// <param name="Peer">The client's address as far as it is visible: <c>192.0.2.7</c>.</param>
/// <param name="Helo">What the client called itself.</param>
/// <param name="From">The reverse-path; empty for the null sender, which journal reports use.</param>
/// <param name="To">The accepted recipients, as given. All lead to one archive container.</param>
/// <param name="Tls">The TLS version of the connection; absent on a plain one.</param>
public sealed record SmtpSource(string Peer, string Helo, string From, ImmutableArray<string> To, string? Tls = null) : MailSource
{
    /// <inheritdoc />
    [JsonIgnore]
    public override bool IsWhole => From is not null && Peer is not null && Helo is not null && !To.IsDefaultOrEmpty && To.All(recipient => recipient is not null);

    /// <inheritdoc />
    [JsonIgnore]
    public override string Connector => "smtp";

    /// <inheritdoc />
    [JsonIgnore]
    public override string Description => $"from <{From}> to {string.Join(", ", To)} by SMTP from {Peer}";

    /// <summary>As <see cref="Description"/>, of long addresses only the beginning and of many recipients only some: what follows in a line of the log is seen.</summary>
    [JsonIgnore]
    public string ShortDescription => $"from {EnvelopeDescription.Of(From, To)} by SMTP from {Peer}";
}

/// <summary>A mail that was collected from a mailbox (RFC 1939). There is no envelope: the server took that off.</summary>
/// <param name="Mailbox">What the mailbox was called here.</param>
/// <param name="Uidl">The server's name for the mail (RFC 1939 §7): 1 to 70 characters.</param>
/// <param name="Container">The archive container that the mailbox led to, so that its mail finds the way after the mailbox is gone; absent in tickets of early versions.</param>
/// <param name="Journal">Exchange journaled to the mailbox.</param>
/// <param name="Substitute">
/// The server sent this in place of the mail that the UIDL names (<see cref="Mail.Substitute"/>); absent: it did not, or an earlier version did not look.
/// </param>
public sealed record Pop3Source(string Mailbox, string Uidl, string? Container = null, bool? Journal = null, bool? Substitute = null) : MailSource
{
    /// <inheritdoc />
    [JsonIgnore]
    public override bool IsWhole => Mailbox is not null && Uidl is not null;

    /// <inheritdoc />
    [JsonIgnore]
    public override string Connector => "pop3";

    /// <inheritdoc />
    [JsonIgnore]
    public override string Description => $"from mailbox {Mailbox} by POP3";
}
