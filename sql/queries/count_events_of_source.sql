-- Events in {table:Identifier} that {source:String} told. Store::told_by.
SELECT count() FROM {table:Identifier} FINAL WHERE source = {source:String}
