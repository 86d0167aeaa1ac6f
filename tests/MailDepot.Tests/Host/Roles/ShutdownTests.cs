using MailDepot.Host.Roles;
using MailDepot.Host.Serving;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace MailDepot.Tests.Host.Roles;

/// <summary>How long a role's process may take to end when its container is stopped.</summary>
public sealed class ShutdownTests
{
    [Theory]
    [InlineData("30", 25)] // the default
    [InlineData("90", 85)]
    public async Task What_runs_is_cut_off_five_seconds_before_the_platform_kills_the_process(string setting, int seconds)
    {
        string[] settings =
        [
            "--MailDepot:WorkStorage=UseDevelopmentStorage=true", "--MailDepot:HealthPort=0", $"--MailDepot:GraceSeconds={setting}",
        ];
        await using var app = RoleHost.Begin(RoleHost.AddReceiver, out _, settings).Build();
        Assert.Equal(seconds, app.Services.GetRequiredService<Shutdown>().Grace.TotalSeconds);
        var host = app.Services.GetRequiredService<IOptions<HostOptions>>().Value;
        Assert.InRange(host.ShutdownTimeout.TotalSeconds, seconds + 1, seconds + 4);
    }

    [Fact]
    public void Without_a_setting_it_fits_the_grace_period_of_Kubernetes() =>
        Assert.Equal(25, Shutdown.ForContainer(new DepotOptions().GraceSeconds).Grace.TotalSeconds);
}
