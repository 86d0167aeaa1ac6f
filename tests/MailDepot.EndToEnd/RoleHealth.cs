namespace MailDepot.EndToEnd;

/// <summary>What a role answers on its health port.</summary>
internal static class RoleHealth
{
    private static readonly HttpClient Http = new();

    /// <summary>Waits until the role is ready.</summary>
    public static Task ReadyAsync(int port) => Eventually.IsTrueAsync(
        async () =>
        {
            try
            {
                var answer = await Http.GetAsync($"http://127.0.0.1:{port}/ready", TestContext.Current.CancellationToken);
                return answer.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false; // not listening yet
            }
        },
        "the role is ready");
}
