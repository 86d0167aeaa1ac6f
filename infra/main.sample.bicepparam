using 'main.bicep'

// Copy this to main.bicepparam and adapt it. All other parameters have defaults: see main.bicep.

param archiveContainers = [
  { name: 'default', retentionDays: 3650 }
]

// An address that nobody can guess keeps strangers out: make yours with `maildepot smtp address new`.
param recipients = [
  { pattern: 'journal-00112233445566778899aabbccddeeff@archive.example.com', container: 'default', journal: true }
]

param mailboxes = [
  {
    name: 'office'
    host: 'pop.example.com'
    user: 'archive@example.com'
    passwordSecret: 'pop3-office'
    container: 'default'
  }
]

param smtpHostname = 'archive.example.com'

param alertEmails = ['admin@example.com']
