using System.Text;
using MailDepot.Smtp;

namespace MailDepot.Tests.Smtp;

/// <summary>Row 26: the paths of MAIL and RCPT (RFC 5321 §4.1.2).</summary>
public sealed class PathTests
{
    [Theory]
    [InlineData("MAIL FROM:<>", "")]
    [InlineData("MAIL FROM: <>", "")]
    [InlineData("mail from:<anna@a.example>", "anna@a.example")]
    [InlineData("MAIL  FROM:<Anna.Lind+x@A.example>", "Anna.Lind+x@A.example")]
    [InlineData("RCPT TO:<\"anna lind\"@a.example>", "\"anna lind\"@a.example")]
    [InlineData("RCPT TO:<\"a>b\\\"@c\"@a.example>", "\"a>b\\\"@c\"@a.example")]
    [InlineData("RCPT TO:<\"\"@a.example>", "\"\"@a.example")]
    [InlineData("RCPT TO:<\"\\ \\~\"@a.example>", "\"\\ \\~\"@a.example")]
    [InlineData("RCPT TO:<anna@[192.0.2.1]>", "anna@[192.0.2.1]")]
    [InlineData("RCPT TO:<anna@[IPv6:2001:db8::1]>", "anna@[IPv6:2001:db8::1]")]
    [InlineData("RCPT TO:<@a.example,@b.example:anna@c.example>", "anna@c.example")]
    [InlineData("RCPT TO:   <anna@a.example>  ", "anna@a.example")]
    [InlineData("RCPT TO:<..anna..@docomo_x.example>", "..anna..@docomo_x.example")]
    [InlineData("RCPT TO:<pOSTmaster>", "pOSTmaster")]
    public void A_path_is_its_mailbox_without_brackets_and_route(string line, string mailbox)
    {
        Assert.True(SmtpCommand.TryParse(Encoding.ASCII.GetBytes(line), out var command, out var refusal), refusal?.ToString());
        Assert.Equal(mailbox, command.Argument);
    }

    [Theory]
    [InlineData("MAIL FROM", "501 5.1.7")]
    [InlineData("RCPT TO", "501 5.1.3")]
    public void A_mailbox_may_have_320_bytes_and_no_more(string command, string reply)
    {
        var longest = new string('a', 320 - "@a.example".Length) + "@a.example";
        Assert.True(SmtpCommand.TryParse(Encoding.ASCII.GetBytes($"{command}:<@route.example:{longest}>"), out var taken, out _));
        Assert.Equal(longest, taken.Argument);
        Assert.False(SmtpCommand.TryParse(Encoding.ASCII.GetBytes($"{command}:<a{longest}>"), out _, out var refusal));
        Assert.Equal(reply, $"{refusal.Code} {refusal.Status}");
    }

    [Theory]
    [InlineData("MAIL", "501 5.5.4")]
    [InlineData("MAIL TO:<a@a.example>", "501 5.5.4")]
    [InlineData("MAIL FROM", "501 5.5.4")]
    [InlineData("MAIL FROM:", "501 5.1.7")]
    [InlineData("MAIL FROM:a@a.example", "501 5.1.7")]
    [InlineData("MAIL FROM:<a@a.example", "501 5.1.7")]
    [InlineData("MAIL FROM:<a>", "501 5.1.7")]
    [InlineData("MAIL FROM:<Postmaster>", "501 5.1.7")]
    [InlineData("MAIL FROM:<a b@a.example>", "501 5.1.7")]
    [InlineData("MAIL FROM:<a@>", "501 5.1.7")]
    [InlineData("MAIL FROM:<@a.example>", "501 5.1.7")]
    [InlineData("MAIL FROM:<@a.example:>", "501 5.1.7")]
    [InlineData("MAIL FROM:<a@a.example>SIZE=1", "501 5.5.4")]
    [InlineData("RCPT", "501 5.5.4")]
    [InlineData("RCPT FROM:<a@a.example>", "501 5.5.4")]
    [InlineData("RCPT TO:", "501 5.1.3")]
    [InlineData("RCPT TO:<>", "501 5.1.3")]
    [InlineData("RCPT TO:<a@b@c.example>", "501 5.1.3")]
    [InlineData("RCPT TO:<a@[192.0.2.1>", "501 5.1.3")]
    [InlineData("RCPT TO:<a@[]>", "501 5.1.3")]
    [InlineData("RCPT TO:<\"a@a.example>", "501 5.1.3")]
    [InlineData("RCPT TO:<\"a\u0001\"@a.example>", "501 5.1.3")]
    [InlineData("RCPT TO:<\"a\\", "501 5.1.3")]
    [InlineData("RCPT TO:<\"\\\u001b\"@a.example>", "501 5.1.3")]
    [InlineData("RCPT TO:<\"\\\u007f\"@a.example>", "501 5.1.3")]
    [InlineData("MAIL FROM:<\"\\\t\"@a.example>", "501 5.1.7")]
    [InlineData("RCPT TO:<", "501 5.1.3")]
    [InlineData("RCPT TO:<a@a.example> NOTIFY=NEVER", "555 5.5.4")]
    [InlineData("RCPT TO:<a@a.example>x", "501 5.5.4")]
    public void An_invalid_path_is_refused_by_name(string line, string reply)
    {
        Assert.False(SmtpCommand.TryParse(Encoding.ASCII.GetBytes(line), out _, out var refusal));
        Assert.Equal(reply, $"{refusal.Code} {refusal.Status}");
    }
}
