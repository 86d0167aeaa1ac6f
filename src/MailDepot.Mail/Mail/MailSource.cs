using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace MailDepot.Mail;

/// <summary>Where a mail came from; stored in the ticket and in the receipt.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(SmtpSource), "smtp")]
[JsonDerivedType(typeof(Pop3Source), "pop3")]
public abstract record MailSource
{
    /// <summary>Every required value is there; in JSON written by others one may be missing.</summary>
    [JsonIgnore]
    public abstract bool IsWhole { get; }

    /// <summary>The way in, for metrics: <c>smtp</c>.</summary>
    [JsonIgnore]
    public abstract string Connector { get; }

    /// <summary>Where the mail goes; null if the ticket does not say it, as those of earlier versions.</summary>
    [JsonIgnore]
    public abstract Destination? Destination { get; }

    /// <summary>The source as part of a sentence, with its preposition: <c>from … to … by SMTP</c>.</summary>
    [JsonIgnore]
    public abstract string Description { get; }
}

/// <summary>A mail that a client delivered by SMTP, with its envelope (RFC 5321 §2.3.1).</summary>
/// <param name="Peer">The client's address as far as it is visible: <c>192.0.2.7</c>.</param>
/// <param name="Helo">The name the client gave in HELO or EHLO.</param>
/// <param name="From">The reverse-path; empty for the null sender, which journal reports use.</param>
/// <param name="To">The accepted recipients, as given; all belong to the same archive container.</param>
/// <param name="Tls">The TLS version of the connection; absent if it was in plain text.</param>
/// <param name="Container">
/// The archive container that the recipients were accepted for, empty for the postmaster; absent in tickets of earlier versions.
/// </param>
/// <param name="Journal">Exchange journals to the recipients.</param>
public sealed record SmtpSource(
    string Peer, string Helo, string From, ImmutableArray<string> To, string? Tls = null, string? Container = null, bool? Journal = null)
    : MailSource
{
    /// <inheritdoc />
    [JsonIgnore]
    public override bool IsWhole => From is not null && Peer is not null && Helo is not null
        && !To.IsDefaultOrEmpty && To.All(recipient => recipient is not null);

    /// <inheritdoc />
    [JsonIgnore]
    public override string Connector => "smtp";

    /// <inheritdoc />
    [JsonIgnore]
    public override Destination? Destination => Container is { Length: > 0 } ? new Destination(Container, Journal ?? false) : null;

    /// <inheritdoc />
    [JsonIgnore]
    public override string Description => $"from <{From}> to {string.Join(", ", To)} by SMTP from {Peer}";

    /// <summary>
    /// Like <see cref="Description"/>, with long addresses truncated and many recipients counted, so that the rest of a log line
    /// stays visible.
    /// </summary>
    [JsonIgnore]
    public string ShortDescription => $"from {EnvelopeDescription.Of(From, To)} by SMTP from {Peer}";
}

/// <summary>A mail collected from a mailbox (RFC 1939). It has no envelope: the server dropped it.</summary>
/// <param name="Mailbox">The mailbox's name in our settings.</param>
/// <param name="Uidl">The server's identifier of the mail (RFC 1939 §7): 1 to 70 characters.</param>
/// <param name="Container">
/// The mailbox's archive container at that time, so that its mail is archived even after the mailbox is removed; absent in tickets
/// of early versions.
/// </param>
/// <param name="Journal">Exchange journals to the mailbox.</param>
/// <param name="Substitute">
/// The server sent this in place of the mail with this UIDL (<see cref="Mail.Substitute"/>); absent: it did not, or an earlier
/// version did not check.
/// </param>
public sealed record Pop3Source(
    string Mailbox, string Uidl, string? Container = null, bool? Journal = null, bool? Substitute = null) : MailSource
{
    /// <inheritdoc />
    [JsonIgnore]
    public override bool IsWhole => Mailbox is not null && Uidl is not null;

    /// <inheritdoc />
    [JsonIgnore]
    public override string Connector => "pop3";

    /// <inheritdoc />
    [JsonIgnore]
    public override Destination? Destination => Container is null ? null : new Destination(Container, Journal ?? false);

    /// <inheritdoc />
    [JsonIgnore]
    public override string Description => $"from mailbox {Mailbox} by POP3";
}
