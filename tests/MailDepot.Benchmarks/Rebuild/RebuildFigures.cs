using MailDepot.Benchmarks.Ingest;

namespace MailDepot.Benchmarks.Rebuild;

/// <summary>What <c>rebuild</c> measures.</summary>
/// <param name="Receipts">In the ledgers.</param>
/// <param name="Files">Of the ledgers.</param>
/// <param name="Rows">Of receipts and participants.</param>
/// <param name="Floor">Plain writes of the rows.</param>
/// <param name="Rebuild">From emptied tables.</param>
/// <param name="Equal">The rebuild made the same rows as before, ledger places included, and its counts include every receipt.</param>
internal sealed record RebuildFigures(int Receipts, int Files, int Rows, PartFigures Floor, PartFigures Rebuild, bool Equal)
{
    /// <summary>The rebuild's speed as a fraction of the plain writes' speed.</summary>
    public double Ratio => Floor.Seconds / Rebuild.Seconds;
}

/// <summary>One of the two.</summary>
/// <param name="Requests">On the wire, per receipt.</param>
/// <param name="Cpu">Per receipt.</param>
internal sealed record PartFigures(double Seconds, double Requests, CpuFigures Cpu);
