using System.Text;
using CsCheck;
using MailDepot.Storage;

namespace MailDepot.Tests.Storage;

public sealed class QueueTextTests
{
    [Fact]
    public void Any_bytes_are_decoded_as_they_were_encoded() => Gen.Byte.Array[0, 300].Sample(bytes =>
        Assert.Equal(bytes, QueueText.Decode(Encoding.ASCII.GetBytes(Convert.ToBase64String(bytes))).ToArray()));

    [Theory]
    [InlineData("*** not base64 ***")]
    [InlineData("{\"v\":1}")]
    [InlineData("AAA")]
    [InlineData("AAAA=")]
    [InlineData("\u00e4")]
    public void A_text_that_is_not_base64_stands_for_itself(string text) =>
        Assert.Equal(Encoding.UTF8.GetBytes(text), QueueText.Decode(Encoding.UTF8.GetBytes(text)).ToArray());
}
