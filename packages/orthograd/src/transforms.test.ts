import { isMatrix, masked } from '@evenkeel/optim';
import { describeTransform } from '@evenkeel/testing';
import { orthograd } from './index.js';

describeTransform('orthograd', () => orthograd());
describeTransform('orthograd without rescaling', () => orthograd({ rescale: false }));
describeTransform('orthograd on matrices', () => masked(orthograd(), isMatrix));
