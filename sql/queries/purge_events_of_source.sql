-- Removes events of {source:String} from {table:Identifier}, with all their versions. Store::purge.
ALTER TABLE {table:Identifier} DELETE WHERE source = {source:String}
