// Who our programs are. Two, because what listens to the internet may do far less than what archives.
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
  @description('What roles are given to.')
  principalId: string
  @description('What a program names to be it.')
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
