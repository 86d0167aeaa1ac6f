using System.Net;
using System.Text;
using System.Text.Json;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Security.KeyVault.Secrets;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Host.Local;

namespace MailDepot.Tests.Connectors.Pop3.Accounts;

/// <summary>The two password stores: a key vault, and a folder of this machine.</summary>
public sealed class PasswordStoreTests : IDisposable
{
    private const string Password = "geheim-¤-7c1f";

    private readonly TemporaryFolder folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Passwords => folder.In("passwords");

    [Fact]
    public async Task A_folder_returns_a_stored_password_to_any_process_until_it_is_deleted()
    {
        var names = new[] { "office", "a.b_c@d+e-f", new string('x', 64) };
        foreach (var name in names)
        {
            await new PasswordFiles(Passwords).PutAsync(name, Password + name, Token);
        }

        foreach (var name in names)
        {
            Assert.Equal(Password + name, await new PasswordFiles(Passwords).ReadAsync(name, Token));
        }

        await new PasswordFiles(Passwords).PutAsync("office", "another", Token);
        Assert.Equal("another", await new PasswordFiles(Passwords).ReadAsync("office", Token));
        await new PasswordFiles(Passwords).DeleteAsync("office", Token);
        await new PasswordFiles(Passwords).DeleteAsync("office", Token);
        Assert.Null(await new PasswordFiles(Passwords).ReadAsync("office", Token));
        Assert.Null(await new PasswordFiles(folder.In("nowhere")).ReadAsync("office", Token));
        await new PasswordFiles(folder.In("nowhere")).DeleteAsync("office", Token);
    }

    [Fact]
    public async Task Files_are_encrypted_and_readable_only_by_their_owner()
    {
        await new PasswordFiles(Passwords).PutAsync("office", Password, Token);
        var files = Directory.GetFiles(Passwords, "*", SearchOption.AllDirectories);
        Assert.Equal(2, files.Length); // the password, and a key
        Assert.All(files, file => Assert.DoesNotContain(Password, File.ReadAllText(file), StringComparison.Ordinal));
        const UnixFileMode OwnersFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Assert.All(files, file => Assert.Equal(OwnersFile, Mode(file)));
        Assert.All(
            new[] { Passwords, Path.Combine(Passwords, "keys") }, path => Assert.Equal(OwnersFile | UnixFileMode.UserExecute, Mode(path)));

        static UnixFileMode Mode(string path) =>
            OperatingSystem.IsWindows() ? throw new PlatformNotSupportedException("Run this on Linux.") : File.GetUnixFileMode(path);
    }

    [Fact]
    public async Task A_file_is_useless_without_its_keys_or_under_another_name()
    {
        var store = new PasswordFiles(Passwords);
        await store.PutAsync("office", Password, Token);
        File.Copy(Path.Combine(Passwords, "office.password"), Path.Combine(Passwords, "legal.password"));
        Assert.Contains(
            "can't be deciphered", (await Assert.ThrowsAsync<PasswordStoreException>(() => store.ReadAsync("legal", Token))).Message,
            StringComparison.Ordinal);
        Directory.Delete(Path.Combine(Passwords, "keys"), recursive: true);
        var failure = await Assert.ThrowsAsync<PasswordStoreException>(() => store.ReadAsync("office", Token));
        Assert.EndsWith("give it again with `maildepot pop3 edit office --password`.", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Password, failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_one_sentence()
    {
        await File.WriteAllTextAsync(Passwords, "in the way", Token);
        var failure = await Assert.ThrowsAsync<PasswordStoreException>(() => new PasswordFiles(Passwords).PutAsync(
            "office", Password, Token));
        Assert.StartsWith(
            $"The password of mailbox office can't be stored in the folder {Passwords} (", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_vault_returns_a_stored_password_until_it_is_deleted_and_accepts_a_deleted_name_again()
    {
        using var vault = new Vault();
        var store = vault.Store();
        Assert.Null(await store.ReadAsync("office", Token));
        await store.PutAsync("office", Password, Token);
        await store.PutAsync("off-ice", "another", Token);
        Assert.Equal((Password, "another"), (await store.ReadAsync("office", Token), await store.ReadAsync("off-ice", Token)));
        await store.DeleteAsync("office", Token);
        await store.DeleteAsync("office", Token);
        Assert.Null(await store.ReadAsync("office", Token));
        await store.PutAsync("office", "new", Token); // refused with 409 until it is recovered
        Assert.Equal("new", await store.ReadAsync("office", Token));
    }

    [Theory]
    [InlineData("office", "mailbox-office")]
    [InlineData("a.b-c@d", "mailbox-a-2eb-2dc-40d")]
    public void The_secret_is_named_after_the_mailbox_in_characters_that_a_vault_accepts(string mailbox, string secret) =>
        Assert.Equal(secret, VaultPasswords.SecretName(mailbox));

    [Fact]
    public void Every_mailbox_name_gives_a_valid_secret_name()
    {
        Assert.All(
            ["office", new string('.', 64), "a" + new string('@', 63)],
            name => Assert.Matches("^[A-Za-z0-9-]{1,127}$", VaultPasswords.SecretName(name)));
        Assert.NotEqual(VaultPasswords.SecretName("a" + new string('@', 63)), VaultPasswords.SecretName("a" + new string('@', 62)));
    }

    [Theory]
    [InlineData(HttpStatusCode.Forbidden, "this program's identity needs the role Key Vault Secrets Officer there.")]
    [InlineData(HttpStatusCode.ServiceUnavailable, "it answered 503 ")]
    public async Task A_vault_s_refusal_is_one_sentence_without_the_password(HttpStatusCode status, string expected)
    {
        using var vault = new Vault { Refuses = status };
        var failure = await Assert.ThrowsAsync<PasswordStoreException>(() => vault.Store().PutAsync("office", Password, Token));
        Assert.StartsWith(
            "The password of mailbox office can't be stored in the key vault depot.vault.azure.net: " + expected, failure.Message,
            StringComparison.Ordinal);
        Assert.DoesNotContain(Password, failure.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://depot.vault.azure.net/", true)]
    [InlineData("https://depot.vault.azure.cn", true)]
    [InlineData("https://depot.vault.azure.net/secrets/a", false)]
    [InlineData("http://depot.vault.azure.net", false)]
    [InlineData("/var/lib/maildepot", false)]
    public void A_vault_is_recognized_by_its_address(string setting, bool vault) => Assert.Equal(vault, VaultPasswords.IsAddress(setting));

    [Fact]
    public void The_setting_names_a_vault_or_a_folder_and_only_a_local_depot_has_a_folder_by_default()
    {
        var folders = new PasswordFolders(folder.In("default"), path => new PasswordFiles(path));
        string Place(string setting, bool local, PasswordFolders? files) => PasswordPlace.Open(setting, local, files).Place;

        Assert.Equal("the key vault depot.vault.azure.net", Place("https://depot.vault.azure.net", local: true, folders));
        Assert.Equal($"the folder {Path.GetFullPath("own")}", Place("own", local: false, folders));
        Assert.Equal($"the folder {folder.In("default")}", Place("", local: true, folders));
        Assert.Equal(new NoPasswordStore().Place, Place("", local: false, folders));
        Assert.Equal(new NoPasswordStore().Place, Place("own", local: true, files: null));
    }

    public void Dispose() => folder.Dispose();

    /// <summary>Key Vault's secrets without a network, with soft delete ("Azure Key Vault REST API").</summary>
    private sealed class Vault : HttpMessageHandler
    {
        private readonly Dictionary<string, string> secrets = new(StringComparer.OrdinalIgnoreCase);
        private readonly Dictionary<string, string> deleted = new(StringComparer.OrdinalIgnoreCase);

        public HttpStatusCode? Refuses { get; init; }

        public VaultPasswords Store() => new(
            new SecretClient(
                new Uri("https://depot.vault.azure.net"), new Somebody(),
                new SecretClientOptions { Transport = new HttpClientTransport(this), Retry = { MaxRetries = 0 } }));

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var parts = request.RequestUri!.AbsolutePath.Trim('/').Split('/');
            var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
            if (request.Headers.Authorization is null)
            {
                var challenge = new HttpResponseMessage(HttpStatusCode.Unauthorized);
                challenge.Headers.Add(
                    "WWW-Authenticate", "Bearer authorization=\"https://login.example.com/tenant\", resource=\"https://vault.azure.net\"");
                return challenge; // tells the client where to log in; it asks again
            }

            return Refuses is { } refusal ? Answer(refusal) : Answer(request.Method.Method, parts[0], parts[1], body);
        }

        private HttpResponseMessage Answer(string method, string kind, string name, string body)
        {
            switch (method)
            {
                case "PUT" when deleted.ContainsKey(name):
                    return Answer(HttpStatusCode.Conflict);
                case "PUT":
                    secrets[name] = JsonDocument.Parse(body).RootElement.GetProperty("value").GetString()!;
                    return Answer(HttpStatusCode.OK, name, secrets[name]);
                case "GET":
                    return secrets.TryGetValue(name, out var value) && kind == "secrets"
                        ? Answer(HttpStatusCode.OK, name, value)
                        : Answer(HttpStatusCode.NotFound);
                case "DELETE" when secrets.Remove(name, out var former):
                    deleted[name] = former;
                    return Answer(HttpStatusCode.OK, name, former);
                case "POST" when deleted.Remove(name, out var recovered): // recover
                    secrets[name] = recovered;
                    return Answer(HttpStatusCode.OK, name, recovered);
                default:
                    return Answer(HttpStatusCode.NotFound);
            }
        }

        private static HttpResponseMessage Answer(HttpStatusCode status, string name = "", string value = "") => new(status)
        {
            Content = new StringContent(
                status is HttpStatusCode.OK
                    ? JsonSerializer.Serialize(new
                    {
                        value,
                        id = $"https://depot.vault.azure.net/secrets/{name}/1",
                        recoveryId = $"https://depot.vault.azure.net/deletedsecrets/{name}",
                        attributes = new { enabled = true },
                    })
                    : "{}",
                Encoding.UTF8, "application/json"),
        };
    }

    private sealed class Somebody : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new("token", DateTimeOffset.MaxValue);

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new(new AccessToken("token", DateTimeOffset.MaxValue));
    }
}
