namespace Microsoft.Azure.Functions.Worker;

/// <summary>Stands for the worker's attribute of this name: a function, by the name under which the host knows it.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FunctionAttribute(string name) : Attribute
{
    /// <summary>The function's name.</summary>
    public string Name { get; } = name;
}

/// <summary>Stands for the worker's attribute of this name: a message of a queue.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class QueueTriggerAttribute(string queueName) : Attribute
{
    /// <summary>The queue.</summary>
    public string QueueName { get; } = queueName;
}

/// <summary>Stands for the worker's attribute of this name: a tick of a timer.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class TimerTriggerAttribute(string schedule) : Attribute
{
    /// <summary>NCRONTAB, six fields.</summary>
    public string Schedule { get; } = schedule;
}

/// <summary>Stands for what the worker hands to a timer's function.</summary>
public sealed class TimerInfo
{
    /// <summary>The tick comes late.</summary>
    public bool IsPastDue { get; set; }
}
