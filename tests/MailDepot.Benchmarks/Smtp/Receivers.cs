using System.Globalization;
using MailDepot.Host.Up;

namespace MailDepot.Benchmarks.Smtp;

/// <summary>The programs that are compared with each other.</summary>
internal sealed class Receivers(string nodeModules, TimeProvider clock)
{
    private static readonly Dictionary<string, string?> NoVariables = new(StringComparer.Ordinal);

    /// <summary>Postfix's <c>smtp-sink</c>: written in C, one process, stores nothing.</summary>
    public Task<Receiver> SinkAsync(CancellationToken ct)
    {
        var port = LocalPort.Choose(0);
        // Run as root, it requires a user to change to (smtp-sink(1), -u).
        string[] user = Environment.IsPrivilegedProcess ? ["-u", "nobody"] : [];
        string[] arguments = [.. user, Invariant($"127.0.0.1:{port}"), "1000"];
        return Receiver.StartAsync("smtp-sink", Peers.Find("smtp-sink"), arguments, NoVariables, port, clock, ct);
    }

    /// <summary>nodemailer's smtp-server; stores nothing.</summary>
    public Task<Receiver> SmtpServerAsync(CancellationToken ct)
    {
        var (certificate, key) = SelfSigned.MakePem();
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["NODE_PATH"] = nodeModules,
            ["CERTIFICATE"] = certificate,
            ["KEY"] = key,
        };
        var script = Path.Combine(AppContext.BaseDirectory, "Smtp", "smtp-server.js");
        return Receiver.StartAsync("smtp-server", Peers.Find("node"), [script], environment, port: null, clock, ct);
    }

    /// <summary>Our endpoint; stores nothing.</summary>
    public Task<Receiver> NullSpoolAsync(bool tls, CancellationToken ct) => Receiver.StartAsync(
        "MailDepot, null spool",
        Path.Combine(AppContext.BaseDirectory, "MailDepot.Benchmarks"),
        tls ? [NullSpool.Name, "--tls"] : [NullSpool.Name],
        NoVariables,
        port: null,
        clock,
        ct);

    /// <summary><c>maildepot smtp</c> on running storage, without an archiver.</summary>
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
        var program = Path.Combine(AppContext.BaseDirectory, "maildepot");
        return Receiver.StartAsync("MailDepot", program, ["smtp"], settings, port, clock, ct);
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
