using MailDepot.Mail;

namespace MailDepot.Tests.Mail;

/// <summary>Names of attached files, in the ways that programs get them wrong.</summary>
public sealed class FileNameTests
{
    [Theory]
    [InlineData("filename*=\"=?utf-8?B?w4RuZGVydW5n?= =?utf-8?B?LnBkZg==?=\"", "Änderung.pdf")] // encoded words in a value with a star
    [InlineData("filename*==?utf-8?Q?=C3=84nderung.pdf?=", "Änderung.pdf")]
    [InlineData("filename*0*=\"=?utf-8?B?w4RuZGVy\"; filename*1*=\"dW5nLnBkZg==?=\"", "Änderung.pdf")] // one encoded word cut over sections
    [InlineData("filename*0=\"=?utf-8?B?w4RuZGVy\"; filename*1=\"dW5nLnBkZg==?=\"", "Änderung.pdf")]
    [InlineData("filename*1=\"=?utf-8?Q?ung.pdf?=\"; filename*0=\"=?utf-8?Q?=C3=84nder?=\"", "Änderung.pdf")]
    [InlineData("filename*=\"offer.pdf\"", "offer.pdf")] // a star and no charset: no RFC 2231 value
    [InlineData("filename*=offer.pdf; size=13", "offer.pdf")]
    [InlineData("filename*=\"%C3%84nderung.pdf\"", "Änderung.pdf")]
    [InlineData("filename*=\"Ben's 'best'.pdf\"", "Ben's 'best'.pdf")]
    [InlineData("filename*=utf-8''%C3%84nderung.pdf", "Änderung.pdf")]
    [InlineData("filename*0*=utf-8''%C3%84nder; filename*1*=ung%2Epdf", "Änderung.pdf")]
    [InlineData("filename*=iso-8859-1'de'%C4nderung.pdf", "Änderung.pdf")]
    [InlineData("filename*0=\"long \"; filename*1=\"name.pdf\"", "long name.pdf")]
    [InlineData("filename=\"%C3%84nderung%20neu.pdf\"", "Änderung neu.pdf")] // percent signs that encode letters
    [InlineData("filename=\"utf-8''%C3%84nderung.pdf\"", "Änderung.pdf")]
    [InlineData("filename=\"100%25 sure%20.pdf\"", "100%25 sure%20.pdf")] // and those that may be meant
    [InlineData("filename=\"%FF%FE.pdf\"", "%FF%FE.pdf")]
    [InlineData("filename*=\"..\\\\..\\\\run.bat\"", "run.bat")]
    public async Task Name_is_read_from_the_disposition(string parameters, string name) =>
        Assert.Equal(name, await NameOfAsync($"Content-Type: application/pdf\nContent-Disposition: attachment; {parameters}"));

    [Theory]
    [InlineData("filename*=utf-8''Pr%FCfung.pdf", "Prüfung.pdf", true)]
    [InlineData("filename*=UTF-8'de'Pr%FCfung%20neu.pdf", "Prüfung neu.pdf", true)]
    [InlineData("filename*0*=utf-8''Pr%FC; filename*1*=fung%2E; filename*2=pdf", "Prüfung.pdf", true)]
    [InlineData("filename*=''Pr%FCfung.pdf", "Prüfung.pdf", true)]
    [InlineData("filename*=iso-2022-jp'ja'Pr%FCfung.pdf", "Prüfung.pdf", true)]
    [InlineData("filename=\"utf-8''Pr%FCfung.pdf\"", "Prüfung.pdf", true)] // without the star
    [InlineData("filename*=iso-8859-1''Pr%C3%BCfung.pdf", "Prüfung.pdf", false)] // says Latin 1, is UTF-8
    [InlineData("filename*=iso-8859-1''%80%20neu.pdf", "€ neu.pdf", false)] // says Latin 1, is windows-1252
    [InlineData("filename*=utf-8''Pr%C3%BCfung%20100%.pdf", "Prüfung 100%.pdf", false)]
    [InlineData("filename*0*=utf-8''Pr%C3%BC; filename*1=\"fung%20.pdf\"", "Prüfung%20.pdf", false)] // the second has no star
    public async Task Declared_charset_of_a_name_may_be_wrong(string parameters, string name, bool isGuessed)
    {
        string[] headers = ["Content-Type: application/pdf\nContent-Disposition: attachment; ", "Content-Type: application/pdf; "];
        foreach (var header in headers)
        {
            var named = header.EndsWith("pdf; ", StringComparison.Ordinal)
                ? parameters.Replace("filename", "name", StringComparison.Ordinal)
                : parameters;
            var facts = (await Read.MailAsync(A.Mail().Part(header + named + "\n", [1]))).Facts;

            Assert.Equal(name, Assert.Single(facts.Attachments).Name);
            Assert.Equal(isGuessed ? [MailFlag.CharsetGuessed] : [], facts.Flags);
        }
    }

    [Theory]
    [InlineData("Content-Disposition: =?utf-8?Q?attachment=3B_filename=3D=22=C3=84nderung.pdf=22?=")]
    [InlineData("Content-Disposition: =?utf-8?B?YXR0YWNobWVudDsgZmlsZW5hbWU9IsOEbmRlcnVuZy5wZGYi?=")]
    [InlineData("Content-Disposition: attachment; =?utf-8?Q?filename=3D=22=C3=84nderung.pdf=22?=")]
    [InlineData("Content-Disposition: =?utf-8?Q?attachment?=;\n filename=\"=?utf-8?Q?=C3=84nderung.pdf?=\"")]
    [InlineData("Content-Disposition: attachment;\n filename*=\"=?utf-8?B?w4RuZGVy?=\n =?utf-8?B?dW5nLnBkZg==?=\"")]
    public async Task Disposition_encoded_as_a_whole_is_decoded_and_read(string header)
    {
        var reading = await Read.MailAsync(A.Mail().Part($"Content-Type: text/plain\n{header}\n", [1]));

        Assert.Equal("Änderung.pdf", Assert.Single(reading.Facts.Attachments).Name);
        Assert.Empty(reading.Facts.Flags);
    }

    [Theory]
    [InlineData("claim 1.64.pdf", "claim 1.64.", "claim 1.64.pdf")]
    [InlineData("report.pdf", "report", "report.pdf")]
    [InlineData("=?utf-8?Q?=C3=84nderung.pdf?=", "=?utf-8?Q?=C3=84nde?=", "Änderung.pdf")]
    [InlineData("Report.pdf", "report", "report")]
    [InlineData("other.pdf", "offer.pdf", "offer.pdf")]
    [InlineData("offer", "offer.pdf", "offer.pdf")]
    public async Task Name_truncated_in_the_disposition_is_taken_from_the_type(
        string ofType, string ofDisposition, string name) =>
        Assert.Equal(
            name,
            await NameOfAsync(
                $"Content-Type: application/pdf; name=\"{ofType}\"\nContent-Disposition: attachment; filename=\"{ofDisposition}\""));

    [Theory]
    [InlineData("name*=\"=?utf-8?B?w4RuZGVydW5nLnBkZg==?=\"")]
    [InlineData("name*0*=\"=?utf-8?B?w4RuZGVy\"; name*1*=\"dW5nLnBkZg==?=\"")]
    [InlineData("name=\"%C3%84nderung.pdf\"")]
    public async Task Name_is_read_from_the_type_as_well(string parameters) =>
        Assert.Equal("Änderung.pdf", await NameOfAsync($"Content-Type: application/pdf; {parameters}"));

    private static async Task<string?> NameOfAsync(string header) =>
        Assert.Single((await Read.MailAsync(A.Mail().Part(header + "\n", [1]))).Facts.Attachments).Name;
}
