using MailDepot.Host.Roles;
using MailDepot.Host.Serving;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace MailDepot.Tests.Roles;

/// <summary>How long a role's process takes to end when its container is stopped.</summary>
public sealed class ShutdownTests
{
    [Theory]
    [InlineData("30", 25)] // what is left where nobody says more
    [InlineData("90", 85)]
    public async Task What_runs_is_cut_off_five_seconds_before_the_platform_kills_the_process(string setting, int seconds)
    {
        await using var app = RoleHost.Begin(
            RoleHost.AddReceiver, out _, "--MailDepot:WorkStorage=UseDevelopmentStorage=true", "--MailDepot:HealthPort=0", $"--MailDepot:GraceSeconds={setting}").Build();
        Assert.Equal(seconds, app.Services.GetRequiredService<Shutdown>().Grace.TotalSeconds);
        Assert.InRange(app.Services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout.TotalSeconds, seconds + 1, seconds + 4);
    }

    [Fact]
    public void Without_a_setting_it_is_what_Kubernetes_leaves() => Assert.Equal(25, Shutdown.InAContainer(new DepotOptions().GraceSeconds).Grace.TotalSeconds);
}
