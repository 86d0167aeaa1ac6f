using System.Runtime.CompilerServices;

using MailDepot.Mail;

namespace MailDepot.Tests;

internal static class LibraryFirst
{
    /// <summary>As in every program of ours, the library is there before anyone uses MimeKit: it makes the charsets of old mail known.</summary>
    [ModuleInitializer]
    internal static void Load() => RuntimeHelpers.RunModuleConstructor(typeof(MailReader).Module.ModuleHandle);
}
