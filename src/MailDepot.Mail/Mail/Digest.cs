using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MailDepot.Mail;

/// <summary>A SHA-256 (FIPS 180-4) of bytes as they came over the wire: 64 lower-case hexadecimal digits.</summary>
[JsonConverter(typeof(Json))]
public readonly record struct Digest
{
    /// <summary>Octets of a SHA-256.</summary>
    public const int Size = SHA256.HashSizeInBytes;

    private readonly string? hex;

    private Digest(string hex) => this.hex = hex;

    /// <summary>The digest of <paramref name="bytes"/>.</summary>
    public static Digest Of(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[Size];
        SHA256.HashData(bytes, hash);
        return FromHash(hash);
    }

    /// <summary>Wraps a finished hash of <see cref="Size"/> octets.</summary>
    public static Digest FromHash(ReadOnlySpan<byte> hash) => hash.Length == Size
        ? new Digest(Convert.ToHexStringLower(hash))
        : throw new ArgumentException($"A SHA-256 has {Size} octets, not {hash.Length}.", nameof(hash));

    /// <summary>Reads 64 hexadecimal digits, of either case.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Digest digest)
    {
        digest = default;
        if (text is not { Length: Size * 2 } || !text.All(char.IsAsciiHexDigit))
        {
            return false;
        }

        digest = new Digest(text.ToLowerInvariant());
        return true;
    }

    /// <summary>The 64 digits; empty for a digest that was never set.</summary>
    public override string ToString() => hex ?? "";

    private sealed class Json : JsonConverter<Digest>
    {
        public override Digest Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            TryParse(reader.GetString(), out var digest) ? digest : throw new JsonException("Not a SHA-256: 64 hexadecimal digits are needed.");

        public override void Write(Utf8JsonWriter writer, Digest value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToString());
    }
}
