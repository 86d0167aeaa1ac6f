// The programs' identities: two, because the program that listens to the internet may do far less than the archiver.
param name string
param location string
param tags object

resource archiver 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${name}-archiver'
  location: location
  tags: tags
}

resource smtp 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${name}-smtp'
  location: location
  tags: tags
}

@export()
@description('A user-assigned identity.')
type programIdentity = {
  @description('Resource id.')
  id: string
  @description('The id that roles are assigned to.')
  principalId: string
  @description('The id by which a program selects it.')
  clientId: string
}

output archiver programIdentity = {
  id: archiver.id
  principalId: archiver.properties.principalId
  clientId: archiver.properties.clientId
}
output smtp programIdentity = {
  id: smtp.id
  principalId: smtp.properties.principalId
  clientId: smtp.properties.clientId
}
