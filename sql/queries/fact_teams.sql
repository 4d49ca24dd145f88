-- L12: teams that somebody in the rosters of registry {registry:UInt32} was in before {as_of:Int64}. Store::teams
SELECT uniqExact(team)
FROM registry_team
WHERE generation = {registry:UInt32}
  AND team != ''
  AND from_at < {as_of:Int64}
  AND number IN
  (
      SELECT number FROM registry_person WHERE generation = {registry:UInt32} AND kind = 'person'
  )
