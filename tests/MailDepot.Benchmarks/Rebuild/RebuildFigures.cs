using MailDepot.Benchmarks.Ingest;

namespace MailDepot.Benchmarks.Rebuild;

/// <summary>What <c>rebuild</c> measures.</summary>
/// <param name="Receipts">In the ledgers.</param>
/// <param name="Files">Of the ledgers.</param>
/// <param name="Rows">Of receipts and participants.</param>
/// <param name="Floor">Plain writes of the rows.</param>
/// <param name="Rebuild">From emptied tables.</param>
/// <param name="Equal">The rebuild made the rows that the archive had, ledger places too, and its counts count every receipt.</param>
internal sealed record RebuildFigures(int Receipts, int Files, int Rows, PartFigures Floor, PartFigures Rebuild, bool Equal)
{
    /// <summary>Of the plain writes' speed.</summary>
    public double Ratio => Floor.Seconds / Rebuild.Seconds;
}

/// <summary>One of the two.</summary>
/// <param name="Requests">On the wire, a receipt.</param>
/// <param name="Cpu">A receipt.</param>
internal sealed record PartFigures(double Seconds, double Requests, CpuFigures Cpu);
