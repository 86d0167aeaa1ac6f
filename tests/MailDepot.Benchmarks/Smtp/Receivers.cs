using System.Globalization;
using MailDepot.Host.Up;

namespace MailDepot.Benchmarks.Smtp;

/// <summary>The programs that are measured beside each other.</summary>
internal sealed class Receivers(string nodeModules, TimeProvider clock)
{
    private static readonly Dictionary<string, string?> NoVariables = new(StringComparer.Ordinal);

    /// <summary>Postfix's <c>smtp-sink</c>: C, one process, keeps nothing.</summary>
    public Task<Receiver> SinkAsync(CancellationToken ct)
    {
        var port = LocalPort.Choose(0);
        // As root it wants to become someone else.
        string[] user = Environment.IsPrivilegedProcess ? ["-u", "nobody"] : [];
        return Receiver.StartAsync("smtp-sink", Peers.Find("smtp-sink"), [.. user, Invariant($"127.0.0.1:{port}"), "1000"], NoVariables, port, clock, ct);
    }

    /// <summary>nodemailer's smtp-server, keeps nothing.</summary>
    public Task<Receiver> SmtpServerAsync(CancellationToken ct)
    {
        var (certificate, key) = SelfSigned.MakePem();
        return Receiver.StartAsync(
            "smtp-server", Peers.Find("node"), [Path.Combine(AppContext.BaseDirectory, "Smtp", "smtp-server.js")],
            new Dictionary<string, string?>(StringComparer.Ordinal) { ["NODE_PATH"] = nodeModules, ["CERTIFICATE"] = certificate, ["KEY"] = key }, port: null, clock, ct);
    }

    /// <summary>Our endpoint, keeps nothing.</summary>
    public Task<Receiver> NullSpoolAsync(bool tls, CancellationToken ct) => Receiver.StartAsync(
        "MailDepot, null spool", Path.Combine(AppContext.BaseDirectory, "MailDepot.Benchmarks"), tls ? [NullSpool.Name, "--tls"] : [NullSpool.Name],
        NoVariables, port: null, clock, ct);

    /// <summary><c>maildepot smtp</c> on storage that runs already; nobody archives.</summary>
    public Task<Receiver> DepotAsync(string storage, CancellationToken ct)
    {
        var port = LocalPort.Choose(0);
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["MailDepot__WorkStorage"] = storage,
            ["MailDepot__Smtp__Port"] = Invariant($"{port}"),
            ["MailDepot__HealthPort"] = Invariant($"{LocalPort.Choose(0)}"),
            ["MailDepot__Recipients__0__Pattern"] = "*@example.com", // smtp-source numbers its recipients
            ["MailDepot__Smtp__Networks__0"] = "127.0.0.0/8",
            ["MailDepot__Smtp__RequireTls"] = "false",
            ["Logging__LogLevel__Default"] = "Warning",
        };
        return Receiver.StartAsync("MailDepot", Path.Combine(AppContext.BaseDirectory, "maildepot"), ["smtp"], settings, port, clock, ct);
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
