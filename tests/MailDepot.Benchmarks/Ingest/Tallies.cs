using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;
using MailDepot.Base;

namespace MailDepot.Benchmarks.Ingest;

/// <summary>Adds up what the depot's own instruments measure, by instrument and tag.</summary>
internal sealed class Tallies : IDisposable
{
    private readonly ConcurrentDictionary<string, Tally> tallies = new(StringComparer.Ordinal);
    private readonly MeterListener listener = new();

    public Tallies()
    {
        listener.InstrumentPublished = (instrument, listening) =>
        {
            if (instrument.Meter.Name == Telemetry.Name)
            {
                listening.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.Start();
    }

    /// <summary>The shared writes of a group commit: how many writes, and how many items in them.</summary>
    public Tally Groups(string group) => Of($"{Telemetry.GroupSize.Name} {group}");

    /// <summary>Size of all mails as received.</summary>
    public long BytesReceived => tallies
        .Where(pair => pair.Key.StartsWith($"{Telemetry.ReceivedBytes.Name} ", StringComparison.Ordinal))
        .Sum(pair => pair.Value.Sum);

    /// <summary>Size of all requests that wrote table rows: rows as JSON, and their framing.</summary>
    public long RowBytesSent =>
        Of($"{Telemetry.StorageBytesSent.Name} table upsert").Sum
        + Of($"{Telemetry.StorageBytesSent.Name} table transaction").Sum;

    public void Dispose() => listener.Dispose();

    private Tally Of(string key) => tallies.GetValueOrDefault(key);

    private void Add(Instrument instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var key = $"{instrument.Name} {(tags.IsEmpty ? "" : tags[0].Value)}";
        tallies.AddOrUpdate(
            key,
            static (_, added) => new Tally(1, added),
            static (_, tally, added) => new Tally(tally.Count + 1, tally.Sum + added),
            value);
    }
}

/// <summary>Measurements of one kind, and their sum.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Tally(long Count, long Sum)
{
    public static Tally operator -(Tally after, Tally before) => new(after.Count - before.Count, after.Sum - before.Sum);

    /// <summary>0 if there are none.</summary>
    public double Mean => Count == 0 ? 0 : (double)Sum / Count;
}
