using System.Net;
using MailDepot.Smtp;

namespace MailDepot.Tests.Smtp;

/// <summary>How clients are greeted: row 30 of the table of replies.</summary>
public sealed class ConnectionGateTests
{
    private static readonly SmtpLimits Limits = new() { Connections = 4, ConnectionsPerAddress = 2 };

    [Theory]
    [InlineData("192.0.2.7", 220)]
    [InlineData("2001:db8::7", 220)]
    [InlineData("127.0.0.1", 220)]
    [InlineData("::1", 220)]
    [InlineData("192.0.3.7", 554)]
    [InlineData("2001:db9::7", 554)]
    [InlineData("unknown", 421)] // it may be one of them
    public void Only_configured_networks_and_this_machine_may_connect(string peer, int code)
    {
        var policy = new SmtpPolicy
        {
            Networks = [IPNetwork.Parse("192.0.2.0/24"), IPNetwork.Parse("2001:db8::/32")],
        };
        using var admission = new ConnectionGate(policy, Limits).Admit(new SmtpPeer(peer));
        Assert.Equal(code, admission.Greeting.Code);
        Assert.Equal(code == 220 ? AfterReply.ReadCommand : AfterReply.Close, admission.Greeting.Then);
    }

    [Fact]
    public void One_connection_too_many_is_deferred_until_another_ends()
    {
        var gate = Gate(Limits);
        var admissions = Enumerable.Range(1, 4).Select(number => gate.Admit(new SmtpPeer($"192.0.2.{number}"))).ToList();
        Assert.All(admissions, admission => Assert.Equal(220, admission.Greeting.Code));
        using (var fifth = gate.Admit(new SmtpPeer("192.0.2.5")))
        {
            Assert.Equal(SmtpReply.TooManyConnections, fifth.Greeting);
        }

        admissions[0].Dispose();
        admissions[0].Dispose(); // counts once
        Assert.Equal(220, gate.Admit(new SmtpPeer("192.0.2.5")).Greeting.Code);
        Assert.Equal(421, gate.Admit(new SmtpPeer("192.0.2.6")).Greeting.Code);
    }

    [Theory]
    [InlineData("192.0.2.7", 421)]
    [InlineData("2001:db8::7", 421)]
    [InlineData("10.0.0.1", 220)] // behind these there may be many
    [InlineData("172.31.0.1", 220)]
    [InlineData("100.100.0.1", 220)]
    [InlineData("fd00::1", 220)]
    [InlineData("127.0.0.1", 220)]
    [InlineData("unknown", 220)]
    public void One_public_address_has_its_own_limit(string peer, int third)
    {
        var gate = Gate(Limits);
        var first = gate.Admit(new SmtpPeer(peer));
        using var second = gate.Admit(new SmtpPeer(peer));
        using (var admission = gate.Admit(new SmtpPeer(peer)))
        {
            Assert.Equal(third, admission.Greeting.Code);
        }

        first.Dispose();
        using var next = gate.Admit(new SmtpPeer(peer));
        Assert.Equal(220, next.Greeting.Code);
    }

    [Fact]
    public void Clients_behind_a_proxy_that_names_no_client_are_not_counted_by_its_address()
    {
        var gate = Gate(Limits);
        var admissions = Enumerable.Range(0, Limits.ConnectionsPerAddress + 1)
            .Select(_ => gate.Admit(new SmtpPeer("198.51.100.9") { IsProxy = true })).ToList();
        Assert.All(admissions, admission => Assert.Equal(220, admission.Greeting.Code));
        using var itself = gate.Admit(new SmtpPeer("198.51.100.9"));
        Assert.Equal(220, itself.Greeting.Code);
    }

    [Theory]
    [InlineData("2001:db8:0:1::7", "2001:db8:0:1:8000::7", 421)]
    [InlineData("2001:db8:0:1::7", "2001:db8:0:2::7", 220)]
    [InlineData("192.0.2.7", "192.0.2.8", 220)]
    public void An_IPv6_client_counts_with_its_64_bit_network(string one, string other, int third)
    {
        var gate = Gate(Limits);
        var first = gate.Admit(new SmtpPeer(one));
        using var second = gate.Admit(new SmtpPeer(one));
        using (var admission = gate.Admit(new SmtpPeer(other)))
        {
            Assert.Equal(third, admission.Greeting.Code);
        }

        first.Dispose();
        using var next = gate.Admit(new SmtpPeer(other));
        Assert.Equal(220, next.Greeting.Code);
    }

    [Fact]
    public void In_configured_networks_each_address_counts_by_itself()
    {
        var gate = new ConnectionGate(new SmtpPolicy { Networks = [IPNetwork.Parse("2001:db8::/32")] }, Limits);
        Assert.All(Enumerable.Range(1, 4), host => Assert.Equal(220, gate.Admit(new SmtpPeer($"2001:db8::{host}")).Greeting.Code));
    }

    [Fact]
    public void Zero_means_no_limit_per_address()
    {
        var gate = Gate(Limits with { ConnectionsPerAddress = 0, Connections = 100 });
        Assert.All(Enumerable.Range(0, 100), _ => Assert.Equal(220, gate.Admit(new SmtpPeer("192.0.2.7")).Greeting.Code));
    }

    [Fact]
    public async Task A_deferred_client_gets_421_in_place_of_a_greeting_and_the_connection_ends()
    {
        var stage = new SmtpStage { Limits = new SmtpLimits { Connections = 0 } };
        var played = await stage.Call().EndAsync();
        Assert.Equal("421 4.7.0 Too many connections, try again later\r\n", played.Text);
    }

    private static ConnectionGate Gate(SmtpLimits limits) => new(new SmtpPolicy(), limits);
}
