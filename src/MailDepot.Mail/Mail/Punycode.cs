using System.Text;

namespace MailDepot.Mail;

/// <summary>Encodes Unicode text as ASCII letters, digits and hyphens (RFC 3492); names as in the RFC.</summary>
internal static class Punycode
{
    /// <summary>The parameters for domains (RFC 3492 §5).</summary>
    private const int Base = 36, MinThreshold = 1, MaxThreshold = 26, Skew = 38, Damp = 700, FirstBias = 72, FirstPoint = 128;

    /// <summary>Encodes a text (RFC 3492 §6.3). Takes time quadratic in its length: use it for labels only.</summary>
    public static string Encode(string text)
    {
        var points = text.EnumerateRunes().Select(rune => rune.Value).ToArray();
        var output = new StringBuilder().Append([.. points.Where(point => point < FirstPoint).Select(point => (char)point)]);
        var (basic, handled, n, delta, bias) = (output.Length, output.Length, FirstPoint, 0, FirstBias);
        _ = basic > 0 ? output.Append('-') : output;
        while (handled < points.Length)
        {
            var next = points.Where(point => point >= n).Min();
            delta += (next - n) * (handled + 1);
            n = next;
            foreach (var point in points)
            {
                if (point == n)
                {
                    AppendNumber(output, delta, bias);
                    bias = Adapt(delta, handled + 1, isFirst: handled == basic);
                    (delta, handled) = (0, handled + 1);
                }
                else if (point < n)
                {
                    delta++;
                }
            }

            delta++;
            n++;
        }

        return output.ToString();
    }

    /// <summary>Appends a variable-length number, lowest digit first.</summary>
    private static void AppendNumber(StringBuilder output, int number, int bias)
    {
        for (var k = Base; ; k += Base)
        {
            var threshold = Math.Clamp(k - bias, MinThreshold, MaxThreshold);
            if (number < threshold)
            {
                _ = output.Append(Digit(number));
                return;
            }

            _ = output.Append(Digit(threshold + ((number - threshold) % (Base - threshold))));
            number = (number - threshold) / (Base - threshold);
        }
    }

    /// <summary>Adapts the bias to the expected size of the next number (RFC 3492 §6.1).</summary>
    private static int Adapt(int delta, int points, bool isFirst)
    {
        delta /= isFirst ? Damp : 2;
        delta += delta / points;
        var k = 0;
        for (; delta > (Base - MinThreshold) * MaxThreshold / 2; k += Base)
        {
            delta /= Base - MinThreshold;
        }

        return k + (Base * delta / (delta + Skew));
    }

    private static char Digit(int value) => (char)(value < 26 ? 'a' + value : '0' + value - 26);
}
