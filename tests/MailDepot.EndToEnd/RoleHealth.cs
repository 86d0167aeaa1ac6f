namespace MailDepot.EndToEnd;

/// <summary>What the health port of a role says.</summary>
internal static class RoleHealth
{
    private static readonly HttpClient Http = new();

    /// <summary>Waits until the role is ready.</summary>
    public static Task ReadyAsync(int port) => Eventually.IsTrueAsync(
        async () =>
        {
            try
            {
                return (await Http.GetAsync($"http://127.0.0.1:{port}/ready", TestContext.Current.CancellationToken)).IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false; // not listening yet
            }
        },
        "the role is ready");
}
