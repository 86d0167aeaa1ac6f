using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using MailDepot.Events;
using MailDepot.Trust;

namespace MailDepot.Connectors.Pop3.Protocol;

/// <summary>Bearer tokens by client credentials (RFC 6749 §4.4), kept in memory until shortly before they expire.</summary>
public sealed class Pop3Tokens(TimeProvider clock) : IDisposable
{
    /// <summary>A token is used no longer than this before its end: clocks differ, and a login takes a while.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(2);

    /// <summary>What RFC 6749 §5.1 leaves open when <c>expires_in</c> is missing.</summary>
    private static readonly TimeSpan ShortLife = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Octets of an endpoint's answer: a token and some text.</summary>
    private const int LongestAnswer = 64 * 1024;

    private readonly HttpClient http = new() { Timeout = RequestTimeout, MaxResponseContentBufferSize = LongestAnswer };
    private readonly ConcurrentDictionary<(string Endpoint, string Client, string Scope, string Secret), (string Token, DateTimeOffset Until)> tokens = [];

    /// <summary>The token for this mailbox: the secret itself where no endpoint is named.</summary>
    /// <exception cref="MailboxException">The endpoint gave none.</exception>
    public async Task<string> OfAsync(MailboxOptions mailbox, string secret, CancellationToken ct)
    {
        if (mailbox.TokenEndpoint.Length == 0)
        {
            return secret;
        }

        var key = (mailbox.TokenEndpoint, mailbox.ClientId, mailbox.Scope, secret);
        if (tokens.TryGetValue(key, out var known) && clock.GetUtcNow() < known.Until)
        {
            return known.Token;
        }

        var given = await AskAsync(mailbox, secret, ct);
        var life = given.ExpiresIn is > 0 and var seconds ? TimeSpan.FromSeconds(seconds) : ShortLife;
        tokens[key] = (given.AccessToken!, clock.GetUtcNow() + life - Margin);
        return given.AccessToken!;
    }

    /// <summary>The server did not take the token: the next login gets a new one.</summary>
    public void Forget(MailboxOptions mailbox, string secret) => tokens.TryRemove((mailbox.TokenEndpoint, mailbox.ClientId, mailbox.Scope, secret), out _);

    /// <inheritdoc />
    public void Dispose() => http.Dispose();

    private async Task<Answer> AskAsync(MailboxOptions mailbox, string secret, CancellationToken ct)
    {
        var redactor = new ReplyRedactor();
        redactor.Hide(secret);
        redactor.Hide(Uri.EscapeDataString(secret).Replace("%20", "+", StringComparison.Ordinal)); // as it goes over
        try
        {
            using var form = new FormUrlEncodedContent(
            [
                new("grant_type", "client_credentials"), new("client_id", mailbox.ClientId), new("client_secret", secret), new("scope", mailbox.Scope),
            ]);
            using var response = await http.PostAsync(new Uri(mailbox.TokenEndpoint), form, ct);
            var answer = await response.Content.ReadFromJsonAsync<Answer>(ct);
            return answer is { AccessToken.Length: > 0 } && response.IsSuccessStatusCode
                ? answer
                : throw None(mailbox, $"answered {(int)response.StatusCode}", (answer?.Description ?? answer?.Error) is { } said ? redactor.Redact(said.Split('\r', '\n')[0]) : null, response.StatusCode);
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or NotSupportedException or OperationCanceledException && !ct.IsCancellationRequested)
        {
            throw None(mailbox, e is OperationCanceledException ? "did not respond" : $"sent an unreadable response ({redactor.Redact(Failure.Describe(e))})", null);
        }
    }

    /// <summary>RFC 6749 §5.2 has 400 and 401 for a client that is refused.</summary>
    private static MailboxException None(MailboxOptions mailbox, string problem, string? reply, HttpStatusCode? answered = null) =>
        new(Pop3Failure.Token(mailbox, problem, reply))
        {
            IsFailedLogin = answered is HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden,
        };

    private sealed record Answer(
        [property: JsonPropertyName("access_token")] string? AccessToken, [property: JsonPropertyName("expires_in")] double? ExpiresIn,
        [property: JsonPropertyName("error")] string? Error, [property: JsonPropertyName("error_description")] string? Description);
}
