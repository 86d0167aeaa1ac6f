using CsCheck;
using MailDepot.Storage;

namespace MailDepot.Tests.Storage;

public sealed class TableKeyTests
{
    /// <summary>UTF-16 characters of a partition or row key: 1 KiB (Azure "Understanding the Table service data model").</summary>
    private const int KeyLength = 512;

    private static readonly Gen<string> Text = Gen.OneOf(
        Gen.String[Gen.Char['\0', '\u00FF'], 0, 40],
        Gen.Char["/\\#?|!~}.>[-aZ\t\u007F\u0130"].Array[0, 12].Select(chars => new string(chars)),
        Gen.String[Gen.Char['\uD000', '\uFFFF'], 0, 8]);

    [Fact]
    public void Escaped_text_has_no_character_that_keys_forbid() => Text.Sample(text =>
        TableKey.Escape(text).All(c => c is > ' ' and < '\u007F' && !"/\\#?|".Contains(c)));

    [Fact]
    public void Escaping_keeps_the_order_and_never_makes_two_texts_equal() => Gen.Select(Text, Text).Sample((one, other) =>
        Math.Sign(string.CompareOrdinal(one, other)) == Math.Sign(string.CompareOrdinal(TableKey.Escape(one), TableKey.Escape(other))));

    [Fact]
    public void A_text_too_long_for_a_key_is_shortened_and_stays_distinct()
    {
        var longest = new string('a', 5_000);
        Assert.True(TableKey.Escape(longest).Length < KeyLength - 100);
        Assert.NotEqual(TableKey.Escape(longest), TableKey.Escape(longest + "b"));
        Assert.NotEqual(TableKey.Escape(TableKey.Escape(longest)), TableKey.Escape(longest));
    }

    [Fact]
    public void Later_ids_minutes_and_months_come_first()
    {
        var noon = Tickets.Noon;
        Assert.True(string.CompareOrdinal(TableKey.NewestFirst(Tickets.Id(2)), TableKey.NewestFirst(Tickets.Id(1))) < 0);
        Assert.True(string.CompareOrdinal(TableKey.NewestMinuteFirst(noon.AddMinutes(1)), TableKey.NewestMinuteFirst(noon)) < 0);
        Assert.True(string.CompareOrdinal(TableKey.NewestMonthFirst(noon.AddMonths(2)), TableKey.NewestMonthFirst(noon)) < 0);
    }

    [Fact]
    public void An_id_can_be_recovered_from_its_key_and_contains_its_minute() => Gen.Long[0, TimeSpan.TicksPerDay * 10_000].Sample(ticks =>
    {
        var time = Tickets.Noon.AddTicks(ticks);
        var id = Guid.CreateVersion7(time);
        Assert.Equal(id, TableKey.Id(TableKey.NewestFirst(id)));
        Assert.Equal(TableKey.NewestMinuteFirst(time), TableKey.NewestMinuteFirst(TableKey.TimeOf(id)));
    });
}
