using Xunit.Sdk;
using Xunit.v3;

// Tests of one class share nothing, so they run side by side too; otherwise one long class would finish alone.
[assembly: Parallelization(Mode = ParallelMode.All)]
