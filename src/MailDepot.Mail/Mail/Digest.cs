using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MailDepot.Mail;

/// <summary>A SHA-256 (FIPS 180-4) of bytes as received: 64 lower-case hexadecimal digits.</summary>
[JsonConverter(typeof(Json))]
public readonly record struct Digest
{
    /// <summary>Bytes of a SHA-256.</summary>
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

    /// <summary>Wraps a finished hash of <see cref="Size"/> bytes.</summary>
    public static Digest FromHash(ReadOnlySpan<byte> hash) => hash.Length == Size
        ? new Digest(Convert.ToHexStringLower(hash))
        : throw new ArgumentException($"A SHA-256 has {Size} bytes, not {hash.Length}.", nameof(hash));

    /// <summary>Parses 64 hexadecimal digits of either case.</summary>
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
            TryParse(reader.GetString(), out var digest)
                ? digest
                : throw new JsonException("This is not a SHA-256: it must have 64 hexadecimal digits.");

        public override void Write(Utf8JsonWriter writer, Digest value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToString());
    }
}
