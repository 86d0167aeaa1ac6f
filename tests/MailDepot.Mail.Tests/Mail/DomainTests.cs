using MailDepot.Mail;

namespace MailDepot.Tests.Mail;

/// <summary>
/// An address in a non-ASCII domain, in both spellings (RFC 5890 §2.3.2.1). The A-labels here were made by other programs.
/// </summary>
public sealed class DomainTests
{
    [Theory]
    [InlineData("bücher.example", "xn--bcher-kva.example")]
    [InlineData("BÜCHER.Example", "xn--bcher-kva.example")]
    [InlineData("post.bücher.example", "post.xn--bcher-kva.example")]
    [InlineData("münchen-ost.example", "xn--mnchen-ost-9db.example")]
    [InlineData("straße.example", "xn--strae-oqa.example")]
    [InlineData("例え.テスト", "xn--r8jz45g.xn--zckzah")]
    [InlineData("例え。テスト", "xn--r8jz45g.xn--zckzah")]
    [InlineData("例え｡テスト", "xn--r8jz45g.xn--zckzah")]
    [InlineData("مثال.إختبار", "xn--mgbh0fb.xn--kgbechtv")]
    [InlineData("пример.испытание", "xn--e1afmkfd.xn--80akhbyknj4f")]
    [InlineData("ПРИМЕР.ИСПЫТАНИЕ", "xn--e1afmkfd.xn--80akhbyknj4f")]
    [InlineData("παράδειγμα.example", "xn--hxajbheg2az3al.example")]
    [InlineData("אבג1.example", "xn--1-zhcde.example")]
    [InlineData("ü_a.example", "xn--_a-wka.example")]
    [InlineData("1ü.example", "xn--1-eha.example")]
    [InlineData("i❤.example", "xn--i-7iq.example")]
    [InlineData("ｅｘａｍｐｌｅ．com", "example.com")]
    [InlineData("bücher.example.", "xn--bcher-kva.example.")]
    public void Both_spellings_of_a_domain_have_the_same_key(string written, string aLabels)
    {
        Assert.Equal($"ben@{aLabels}", EmailAddress.Key($"Ben@{written}"));
        Assert.Equal($"ben@{aLabels}", EmailAddress.Key($" ben@{aLabels.ToUpperInvariant()} "));
    }

    [Theory]
    [InlineData("ben@example.com")]
    [InlineData("jürgen@example.com")]
    [InlineData("ben@xn--a.example")]
    [InlineData("ben@xn--.example")]
    [InlineData("ben@xn--bücher.example")]
    [InlineData("ben@[ipv6:2001:db8::1]")]
    [InlineData("ben@bar.example, jürgen und andere")]
    [InlineData("ben@bücher.example>")]
    [InlineData("ben@ü＠example")]
    [InlineData("jürgen")]
    [InlineData("[ex:/o=bücher/cn=ben]")]
    [InlineData("ben@")]
    [InlineData("*")]
    [InlineData("")]
    public void Domain_without_an_A_label_keeps_its_written_form(string address) => Assert.Equal(address, EmailAddress.Key(address));

    [Fact]
    public void A_label_that_is_too_long_on_the_wire_keeps_its_written_form()
    {
        var longest = new string('ü', 57);
        Assert.Equal(63, EmailAddress.Key($"b@{longest}.example").Length - "b@.example".Length);
        Assert.Equal($"b@{longest}ü.example", EmailAddress.Key($"b@{longest}ü.example"));
        Assert.Equal($"b@{new string('ü', 100_000)}.example", EmailAddress.Key($"b@{new string('ü', 100_000)}.example"));
    }

    [Fact]
    public void The_key_of_a_key_is_the_key()
    {
        foreach (var address in new[] { "Ben@Bücher.example", "ben@xn--a.example", "ben@例え。テスト", "x@ｅｘ．com" })
        {
            Assert.Equal(EmailAddress.Key(address), EmailAddress.Key(EmailAddress.Key(address)));
        }
    }

    [Theory]
    [InlineData("ben@xn--bcher-kva.example")]
    [InlineData("ben@post.xn--bcher-kva.example")]
    [InlineData("ben@XN--BCHER-KVA.example")]
    [InlineData("ben@bücher.example")]
    [InlineData("ben@xn--a.example")]
    [InlineData("xn--ben@example.com")]
    public async Task A_header_shows_an_address_as_it_was_written(string address)
    {
        string[] fields =
        [
            address, $"Ben <{address}>", $"anna@example.com, \"{address}\" <{address}>", $"team: {address};",
            $"=?utf-8?Q?{address}?= <{address}>, broken <",
        ];
        foreach (var field in fields)
        {
            var to = (await Read.MailAsync(A.Mail().To(field))).Facts.To;
            Assert.Contains(to, one => one.Address == address);
            Assert.All(to, one => Assert.Equal(one.Name?.Contains('@') is true ? address : one.Name, one.Name));
        }
    }
}
