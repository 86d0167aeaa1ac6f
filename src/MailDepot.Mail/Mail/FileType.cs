using System.Collections.Immutable;

namespace MailDepot.Mail;

/// <summary>Detects a file's media type from its first bytes.</summary>
/// <remarks>
/// A table, as the libraries for this are larger than mail needs. Signatures come from each format's specification, named
/// beside them; media types from the IANA registry where it has one. Nothing else is guessed.
/// </remarks>
internal static class FileType
{
    /// <summary>Bytes examined: enough for the first entries of an Office file.</summary>
    public const int SniffedBytes = 4 * 1024;

    private static readonly ImmutableArray<Signature> Signatures =
    [
        new("application/pdf", "%PDF-"u8), // ISO 32000-2 §7.5.2
        new("image/png", [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]), // ISO 15948 §5.2
        new("image/jpeg", [0xFF, 0xD8, 0xFF]), // ITU-T T.81 annex B
        new("image/gif", "GIF87a"u8), new("image/gif", "GIF89a"u8), // GIF 89a §17
        new("image/tiff", [0x49, 0x49, 0x2A, 0x00]), new("image/tiff", [0x4D, 0x4D, 0x00, 0x2A]), // TIFF 6.0 §2
        new("image/webp", "WEBP"u8, at: 8), // RFC 9649 §2.4
        new("image/heic", "ftypheic"u8, at: 4), new("image/avif", "ftypavif"u8, at: 4), // ISO 14496-12 §4.3
        new("video/quicktime", "ftypqt  "u8, at: 4), new("video/mp4", "ftyp"u8, at: 4),
        new("audio/wav", "WAVEfmt "u8, at: 8), new("video/x-msvideo", "AVI LIST"u8, at: 8), // RIFF
        new("audio/mpeg", "ID3"u8), // ID3v2 §3.1
        new("audio/ogg", "OggS"u8), // RFC 3533 §6
        new("application/rtf", "{\\rtf"u8), // RTF 1.9.1
        new("application/postscript", "%!PS"u8), // PostScript DSC 3.0
        new("application/x-ole-storage", [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]), // MS-CFB §2.2: legacy Office, .msg, .msi
        new("application/ms-tnef", [0x78, 0x9F, 0x3E, 0x22]), // MS-OXTNEF §2.1.3.1
        new("application/zip", [0x50, 0x4B, 0x05, 0x06]), // PKWARE APPNOTE §4.3.16: an empty archive
        new("application/gzip", [0x1F, 0x8B, 0x08]), // RFC 1952 §2.3
        new("application/zstd", [0x28, 0xB5, 0x2F, 0xFD]), // RFC 8878 §3.1.1
        new("application/x-7z-compressed", [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]), // 7zFormat.txt
        new("application/vnd.rar", "Rar!\u001A\u0007"u8), // RAR 5.0 archive format
        new("application/x-bzip2", "BZh"u8), new("application/x-xz", [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]),
        new("application/x-tar", "ustar"u8, at: 257), // POSIX pax
        new("application/vnd.ms-cab-compressed", "MSCF\0\0\0\0"u8), // MS-CAB §2.1
        new("application/x-elf", "\u007FELF"u8),
        new("application/x-ms-shortcut", [0x4C, 0, 0, 0, 0x01, 0x14, 0x02, 0]), // MS-SHLLINK §2.1
        new("application/vnd.sqlite3", "SQLite format 3\0"u8),
        new("application/pgp-encrypted", "-----BEGIN PGP MESSAGE"u8), new("application/pgp-keys", "-----BEGIN PGP PUBLIC"u8),
        new("application/pgp-signature", "-----BEGIN PGP SIGNATURE"u8), // RFC 9580 §6.2
        new("text/calendar", "BEGIN:VCALENDAR"u8), new("text/vcard", "BEGIN:VCARD"u8), // RFC 5545 §3.4, RFC 6350 §3.3
        new("message/rfc822", "Received: "u8), new("message/rfc822", "Return-Path: <"u8), // RFC 5322
        new("message/rfc822", "MIME-Version: 1.0"u8),
    ];

    /// <summary>The media type; null if it is not recognized.</summary>
    public static string? Of(ReadOnlySpan<byte> beginning)
    {
        if (beginning.StartsWith("PK\u0003\u0004"u8))
        {
            return Zipped(beginning);
        }

        foreach (var signature in Signatures)
        {
            if (signature.Fits(beginning))
            {
                return signature.Type;
            }
        }

        return IsProgram(beginning) ? "application/vnd.microsoft.portable-executable" : IsHtml(beginning) ? "text/html" : null;
    }

    /// <summary>A ZIP file's type by its first entries' names (ECMA-376-2 §7.3; in ODF 1.3-2 §3.3 the first entry is the type).</summary>
    private static string Zipped(ReadOnlySpan<byte> beginning)
    {
        const int HeaderBytes = 30; // PKWARE APPNOTE §4.3.7
        var rest = beginning[Math.Min(HeaderBytes, beginning.Length)..];
        if (rest.StartsWith("mimetypeapplication/"u8))
        {
            var type = rest["mimetype".Length..];
            var end = type.IndexOf("PK"u8);
            return end is > 0 and < FileName.MaxLength && System.Text.Ascii.IsValid(type[..end])
                ? System.Text.Encoding.ASCII.GetString(type[..end])
                : "application/zip";
        }

        const string Office = "application/vnd.openxmlformats-officedocument.";
        return beginning.IndexOf("[Content_Types].xml"u8) < 0 && beginning.IndexOf("_rels/"u8) < 0 ? "application/zip"
            : beginning.IndexOf("word/"u8) >= 0 ? $"{Office}wordprocessingml.document"
            : beginning.IndexOf("xl/"u8) >= 0 ? $"{Office}spreadsheetml.sheet"
            : beginning.IndexOf("ppt/"u8) >= 0 ? $"{Office}presentationml.presentation"
            : "application/zip";
    }

    /// <summary>A DOS or Windows program (PE format §3.1); MZ alone could also start a text.</summary>
    private static bool IsProgram(ReadOnlySpan<byte> beginning)
    {
        const int Place = 0x3C;
        if (!beginning.StartsWith("MZ"u8) || beginning.Length < Place + sizeof(int))
        {
            return false;
        }

        var at = BitConverter.ToInt32(beginning[Place..]);
        return beginning[..Place].Contains((byte)0) && (at < 0 || at > beginning.Length - 2 || beginning[at..].StartsWith("PE"u8));
    }

    private static bool IsHtml(ReadOnlySpan<byte> beginning)
    {
        var text = beginning.StartsWith("\uFEFF"u8) ? beginning[3..] : beginning;
        text = text.TrimStart(" \t\r\n"u8);
        var word = System.Text.Encoding.Latin1.GetString(text[..Math.Min(text.Length, 14)]).ToUpperInvariant();
        return word == "<!DOCTYPE HTML"
            || word.StartsWith("<HTML>", StringComparison.Ordinal) || word.StartsWith("<HTML ", StringComparison.Ordinal);
    }

    private readonly struct Signature(string type, ReadOnlySpan<byte> bytes, int at = 0)
    {
        private readonly byte[] bytes = bytes.ToArray();

        public string Type { get; } = type;

        public bool Fits(ReadOnlySpan<byte> beginning) => beginning.Length >= at + bytes.Length && beginning[at..].StartsWith(bytes);
    }
}
