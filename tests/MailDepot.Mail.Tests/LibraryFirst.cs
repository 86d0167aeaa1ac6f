using System.Runtime.CompilerServices;

using MailDepot.Mail;

namespace MailDepot.Tests;

internal static class LibraryFirst
{
    /// <summary>As in all our programs, the library is loaded before anything uses MimeKit: it registers the legacy charsets.</summary>
    [ModuleInitializer]
    internal static void Load() => RuntimeHelpers.RunModuleConstructor(typeof(MailReader).Module.ModuleHandle);
}
