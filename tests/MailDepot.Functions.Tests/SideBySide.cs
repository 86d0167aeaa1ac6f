using Xunit.Sdk;
using Xunit.v3;

// Most of these tests wait for a worker process, so more of them run at a time than there are processors.
[assembly: Parallelization(Mode = ParallelMode.All, MaxThreads = 4)]
