// In the back office: a passage stands in the body of a learning, and is not among the blocks that one adds.
{
  const { StreamBlockDefinition } = window.wagtailStreamField.blocks;

  class CorpsBlockDefinition extends StreamBlockDefinition {
    constructor(name, groups, ...rest) {
      super(name, groups, ...rest);
      this.groupedChildBlockDefs = groups
        .map(([group, blocks]) => [group, blocks.filter((block) => block.name !== "passage")])
        .filter(([, blocks]) => blocks.length);
    }
  }

  window.telepath.register("portail.CorpsBlock", CorpsBlockDefinition);
}
