using System.Text.Json;

using MailDepot.Mail;

namespace MailDepot.Tests.Mail;

public sealed class DigestTests
{
    private const string OfAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    [Fact]
    public void Digest_of_bytes_is_their_sha_256() => Assert.Equal(OfAbc, Digest.Of("abc"u8).ToString());

    [Fact]
    public void Digest_is_parsed_in_either_case()
    {
        Assert.True(Digest.TryParse(OfAbc.ToUpperInvariant(), out var digest));
        Assert.Equal(Digest.Of("abc"u8), digest);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("ba7816bf")]
    [InlineData("xx7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad0")]
    public void Anything_but_64_hexadecimal_digits_is_not_a_digest(string? text) => Assert.False(Digest.TryParse(text, out _));

    [Fact]
    public void Hash_of_another_length_is_refused() => Assert.Throws<ArgumentException>(() => Digest.FromHash(new byte[20]));

    [Fact]
    public void Digest_survives_json()
    {
        var json = JsonSerializer.Serialize(Digest.Of("abc"u8));

        Assert.Equal($"\"{OfAbc}\"", json);
        Assert.Equal(Digest.Of("abc"u8), JsonSerializer.Deserialize<Digest>(json));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Digest>("\"abc\""));
    }
}
