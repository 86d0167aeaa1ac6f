using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using MailDepot.Events;
using MailDepot.Trust;

namespace MailDepot.Connectors.Pop3.Protocol;

/// <summary>Bearer tokens from client credentials (RFC 6749 §4.4), cached in memory until shortly before they expire.</summary>
public sealed class Pop3Tokens(TimeProvider clock) : IDisposable
{
    /// <summary>A token is replaced this long before it expires: clocks differ, and a login takes a while.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(2);

    /// <summary>Lifetime of a token without <c>expires_in</c>, for which RFC 6749 §5.1 names no default.</summary>
    private static readonly TimeSpan DefaultLifetime = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Largest response of an endpoint, in bytes: a token and an error text fit.</summary>
    private const int MaxResponseBytes = 64 * 1024;

    private readonly HttpClient http = new() { Timeout = RequestTimeout, MaxResponseContentBufferSize = MaxResponseBytes };
    private readonly ConcurrentDictionary<
        (string Endpoint, string Client, string Scope, string Secret), (string Token, DateTimeOffset Until)> tokens = [];

    /// <summary>The token for this mailbox, or the secret itself if no endpoint is configured.</summary>
    /// <exception cref="MailboxException">The endpoint issued no token.</exception>
    public async Task<string> OfAsync(MailboxOptions mailbox, string secret, CancellationToken ct)
    {
        if (mailbox.TokenEndpoint.Length == 0)
        {
            return secret;
        }

        var key = (mailbox.TokenEndpoint, mailbox.ClientId, mailbox.Scope, secret);
        if (tokens.TryGetValue(key, out var cached) && clock.GetUtcNow() < cached.Until)
        {
            return cached.Token;
        }

        var issued = await RequestAsync(mailbox, secret, ct);
        var lifetime = issued.ExpiresIn is > 0 and var seconds ? TimeSpan.FromSeconds(seconds) : DefaultLifetime;
        tokens[key] = (issued.AccessToken!, clock.GetUtcNow() + lifetime - Margin);
        return issued.AccessToken!;
    }

    /// <summary>Drops a token that the server rejected; the next login requests a new one.</summary>
    public void Forget(MailboxOptions mailbox, string secret) =>
        tokens.TryRemove((mailbox.TokenEndpoint, mailbox.ClientId, mailbox.Scope, secret), out _);

    /// <inheritdoc />
    public void Dispose() => http.Dispose();

    private async Task<TokenResponse> RequestAsync(MailboxOptions mailbox, string secret, CancellationToken ct)
    {
        var redactor = new ReplyRedactor();
        redactor.Hide(secret);
        redactor.Hide(Uri.EscapeDataString(secret).Replace("%20", "+", StringComparison.Ordinal)); // as the form sends it
        try
        {
            using var form = new FormUrlEncodedContent(
            [
                new("grant_type", "client_credentials"), new("client_id", mailbox.ClientId),
                new("client_secret", secret), new("scope", mailbox.Scope),
            ]);
            using var response = await http.PostAsync(new Uri(mailbox.TokenEndpoint), form, ct);
            var content = await response.Content.ReadFromJsonAsync<TokenResponse>(ct);
            if (content is { AccessToken.Length: > 0 } && response.IsSuccessStatusCode)
            {
                return content;
            }

            var reply = (content?.Description ?? content?.Error) is { } text ? redactor.Redact(text.Split('\r', '\n')[0]) : null;
            throw NoToken(mailbox, $"answered {(int)response.StatusCode}", reply, response.StatusCode);
        }
        catch (Exception e) when (
            e is HttpRequestException or JsonException or NotSupportedException or OperationCanceledException
            && !ct.IsCancellationRequested)
        {
            var problem = e is OperationCanceledException
                ? "did not respond"
                : $"sent an unreadable response ({redactor.Redact(Failure.Describe(e))})";
            throw NoToken(mailbox, problem, reply: null);
        }
    }

    /// <summary>A client that is refused gets 400 or 401 (RFC 6749 §5.2), which counts as a failed login.</summary>
    private static MailboxException NoToken(MailboxOptions mailbox, string problem, string? reply, HttpStatusCode? status = null) =>
        new(Pop3Failure.Token(mailbox, problem, reply))
        {
            IsFailedLogin = status is HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden,
        };

    private sealed record TokenResponse(
        [property: JsonPropertyName("access_token")] string? AccessToken,
        [property: JsonPropertyName("expires_in")] double? ExpiresIn,
        [property: JsonPropertyName("error")] string? Error,
        [property: JsonPropertyName("error_description")] string? Description);
}
